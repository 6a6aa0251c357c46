//! docs/security.md: complete, and true of the tests that it names.

use std::{collections::BTreeSet, fs};

use crate::sources::{files, root};

/// The items of level 1 of OWASP ASVS 5.0.0.
const LEVEL_1: &[&str] = &[
    "1.2.1", "1.2.2", "1.2.3", "1.2.4", "1.2.5", "1.3.1", "1.3.2", "1.5.1", "2.1.1", "2.2.1", "2.2.2",
    "2.3.1", "3.2.1", "3.2.2", "3.3.1", "3.4.1", "3.4.2", "3.5.1", "3.5.2", "3.5.3", "4.1.1", "4.4.1",
    "5.2.1", "5.2.2", "5.3.1", "5.3.2", "6.1.1", "6.2.1", "6.2.2", "6.2.3", "6.2.4", "6.2.5", "6.2.6",
    "6.2.7", "6.2.8", "6.3.1", "6.3.2", "6.4.1", "6.4.2", "7.2.1", "7.2.2", "7.2.3", "7.2.4", "7.4.1",
    "7.4.2", "8.1.1", "8.2.1", "8.2.2", "8.3.1", "9.1.1", "9.1.2", "9.1.3", "9.2.1", "10.4.1", "10.4.2",
    "10.4.3", "10.4.4", "10.4.5", "11.3.1", "11.3.2", "11.4.1", "12.1.1", "12.2.1", "12.2.2", "13.4.1",
    "14.2.1", "14.3.1", "15.1.1", "15.2.1", "15.3.1",
];

pub fn text() -> String {
    fs::read_to_string(root().join("docs/security.md")).expect("docs/security.md")
}

/// The rows of a list: an item, what holds it, and the names of its tests.
fn rows(text: &str) -> Vec<(String, String, Vec<String>)> {
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect();
        let [item, how, tests] = cells[..] else { return None };
        item.starts_with(|c: char| c.is_ascii_digit()).then(|| {
            let names = tests.split('`').skip(1).step_by(2).map(str::to_owned).collect();
            (item.to_owned(), how.to_owned(), names)
        })
    });
    rows.collect()
}

#[test]
fn every_item_of_level_1_is_listed_with_a_test_or_a_sentence() {
    assert_eq!(LEVEL_1.len(), 70);
    let text = text();
    let (level_1, _) = text.split_once("## Beyond level 1").expect("both lists");
    let rows = rows(level_1);
    let listed: Vec<&str> = rows.iter().map(|(item, ..)| item.as_str()).collect();
    assert_eq!(listed, LEVEL_1, "each once, in order");
    for (item, how, tests) in &rows {
        assert!(!tests.is_empty() || how.ends_with('.') && how.len() > 30, "{item}: {how}");
    }
}

#[test]
fn every_test_that_is_named_exists() {
    let mut tests = BTreeSet::new();
    for (_, source) in files("crates", ".rs") {
        let mut lines = source.lines().map(str::trim);
        while let Some(line) = lines.next() {
            if line != "#[test]" && !line.starts_with("#[tokio::test") {
                continue;
            }
            let named = lines.find(|line| line.contains("fn ")).expect("a function");
            let (_, rest) = named.split_once("fn ").expect("a name");
            tests.insert(rest.split('(').next().expect("a name").to_owned());
        }
    }
    let named: Vec<String> = rows(&text()).into_iter().flat_map(|(.., tests)| tests).collect();
    assert!(named.len() > 40, "{}", named.len());
    let missing: Vec<_> = named.iter().filter(|name| !tests.contains(*name)).collect();
    assert!(missing.is_empty(), "docs/security.md names tests that do not exist: {missing:?}");
}
