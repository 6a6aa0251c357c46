//! Per cent as people type them, in hundredths.

/// What was typed, in hundredths of a per cent: `10`, `−12.5`, `+ 5,25 %`. Nothing if it is no number or has more than two
/// decimals.
pub fn read(typed: &str) -> Option<i64> {
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let typed = typed.strip_suffix('%').unwrap_or(&typed);
    let (sign, typed) = match typed.strip_prefix(['-', '−', '–']) {
        Some(rest) => (-1, rest),
        None => (1, typed.strip_prefix('+').unwrap_or(typed)),
    };
    let (whole, rest) = typed.split_once(['.', ',']).unwrap_or((typed, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 6 || rest.len() > 2 || !digits(whole) || !digits(rest) {
        return None;
    }
    format!("{whole}{rest:0<2}").parse::<i64>().ok().map(|hundredths| sign * hundredths)
}

/// As people read it, without a sign of per cent: `10`, `12.5`.
pub fn text(hundredths: i64) -> String {
    let (whole, rest) = (hundredths / 100, (hundredths % 100).abs());
    let text = format!("{whole}.{rest:02}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read_without_rounding() {
        for (typed, hundredths) in [
            ("10", Some(1_000)),
            ("-12.5", Some(-1_250)),
            ("−12,5 %", Some(-1_250)),
            ("+ 5.25", Some(525)),
            ("0.01%", Some(1)),
            ("0", Some(0)),
            ("1.005", None),
            ("", None),
            ("%", None),
            ("--1", None),
            ("ten", None),
            ("9999999", None),
        ] {
            assert_eq!(read(typed), hundredths, "{typed:?}");
        }
    }

    #[test]
    fn what_is_written_is_short() {
        for (hundredths, shown) in [(1_000, "10"), (1_250, "12.5"), (1, "0.01"), (10_000, "100")] {
            assert_eq!(text(hundredths), shown);
        }
    }
}
