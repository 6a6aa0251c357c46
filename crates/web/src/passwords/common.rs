//! Passwords that many people have. README.md beside this file says where they come from.

use std::sync::LazyLock;

/// Lower-case, sorted by bytes, [`super::CHARS_MIN`] characters or more.
static COMMON: LazyLock<Vec<&str>> = LazyLock::new(|| include_str!("common.txt").lines().collect());

/// Whether a password in lower case is one of them.
pub fn contains(folded: &str) -> bool {
    COMMON.binary_search(&folded).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passwords::CHARS_MIN;

    #[test]
    fn every_one_of_them_is_found() {
        // OWASP ASVS 5.0, 6.2.4 asks for 3000.
        assert!(COMMON.len() > 8_000, "{}", COMMON.len());
        assert!(COMMON.is_sorted(), "a search by halves needs them sorted");
        for password in COMMON.iter() {
            assert!(contains(password), "{password}");
            assert!(
                password.chars().count() >= CHARS_MIN && password.to_lowercase() == **password,
                "{password}"
            );
        }
        assert!(!contains("a lamp on the quay") && !contains(""));
    }
}
