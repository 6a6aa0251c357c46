//! Moments as a form has them (HTML, `datetime-local`), which are in UTC and say so.

use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};

/// As the field wants it: `2026-11-24T05:30`, with seconds only if there are any.
pub fn typed(at: DateTime<Utc>) -> String {
    let text = at.format("%Y-%m-%dT%H:%M:%S").to_string();
    text.strip_suffix(":00").map_or(text.clone(), str::to_owned)
}

/// What was typed or chosen, if it is a moment of this century.
pub fn read(typed: &str) -> Option<DateTime<Utc>> {
    let typed = typed.trim().replace(' ', "T");
    let read = |format| NaiveDateTime::parse_from_str(&typed, format).ok();
    let at = read("%Y-%m-%dT%H:%M").or_else(|| read("%Y-%m-%dT%H:%M:%S"))?.and_utc();
    // 2000 to 2100: what Postgres and every browser can hold, and more than any price needs.
    (946_684_800..4_102_444_800).contains(&at.timestamp()).then_some(at)
}

/// The same moment, if it was left as it stood in the field, which shows no parts of a second.
pub fn unless_same(typed: DateTime<Utc>, before: DateTime<Utc>) -> DateTime<Utc> {
    if typed == before.trunc_subsecs(0) { before } else { typed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_as_it_was_written() {
        for text in ["2026-11-24T05:30", "2026-11-24T05:30:12", "2000-01-01T00:00"] {
            assert_eq!(read(text).map(typed).as_deref(), Some(text));
        }
        assert_eq!(read(" 2026-11-24 05:30 "), read("2026-11-24T05:30"));
        for text in ["", "tomorrow", "2026-11-24", "2026-13-01T00:00", "9999-01-01T00:00", "1999-12-31T23:59"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn parts_of_a_second_are_not_lost_by_looking() {
        let before = "2026-11-24T05:30:12.345678Z".parse().expect("a moment");
        let again = read(&typed(before)).expect("a moment");
        assert_eq!(unless_same(again, before), before);
        let other = read("2026-11-24T05:31").expect("a moment");
        assert_eq!(unless_same(other, before), other);
    }
}
