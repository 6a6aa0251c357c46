//! How long a picture may still take, and how soon the page asks again.

use std::time::Duration;

use chrono::TimeDelta;
use shop::generations::{GenerationState, Pace};

/// What a picture takes before any was drawn here.
const USUAL: Duration = Duration::from_secs(15);
/// How many are drawn at once by one worker with its usual lanes, as long as nothing was measured.
const AT_ONCE: u64 = 8;

/// Seconds until the pictures should be there: all that are drawn before them at the pace of the last minutes, and then one call
/// of the usual length. Coarsely: a figure that changes with every look is noise, and would be another answer to a page that
/// asks whether anything changed. `ahead` is how many pictures are drawn before.
pub fn eta_seconds(pace: Pace, ahead: i64) -> u64 {
    let typical = pace.typical.unwrap_or(USUAL);
    let ahead = u64::try_from(ahead).unwrap_or_default();
    let before = match pace.per_minute {
        Some(per_minute) => {
            Duration::try_from_secs_f64(whole(ahead) * 60.0 / per_minute).unwrap_or(Duration::MAX)
        }
        None => typical.saturating_mul(u32::try_from(ahead / AT_ONCE).unwrap_or(u32::MAX)),
    };
    let wait = typical.saturating_add(before);
    let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1);
    let step = match seconds {
        0..60 => 5,
        60..300 => 30,
        300..3_600 => 60,
        _ => 600,
    };
    seconds.div_ceil(step).saturating_mul(step)
}

/// In how many seconds pictures should be there that have been drawn for a while; nothing if it may be any moment.
pub fn seconds_left(pace: Pace, drawn_for: TimeDelta) -> Option<u64> {
    let drawn_for = u64::try_from(drawn_for.num_seconds()).unwrap_or_default();
    let left = eta_seconds(pace, 0).saturating_sub(drawn_for);
    (left > 0).then(|| left.div_ceil(5) * 5)
}

fn whole(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// Seconds until the page asks again; nothing if there is nothing more to come. Soon while the picture may come at any
/// moment, later when it will take its time.
pub fn poll_seconds(state: GenerationState, age: TimeDelta, position: Option<i64>) -> Option<u64> {
    let age = age.num_seconds();
    match state {
        GenerationState::Queued => Some(match age {
            ..2 => 1,
            _ if position == Some(1) => 2,
            2..4 => 2,
            4..7 => 3,
            7..12 => 5,
            _ => 10,
        }),
        GenerationState::Generating => Some(match age {
            ..10 => 1,
            10..30 => 2,
            30..120 => 3,
            _ => 5,
        }),
        GenerationState::Ready
        | GenerationState::Refused
        | GenerationState::Failed
        | GenerationState::Cancelled => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_measurements_estimates_are_coarse_and_grow_with_the_line() {
        let pace = |typical| Pace { per_minute: None, typical };
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(eta_seconds(pace(None), 0), 15);
        assert_eq!(eta_seconds(pace(Some(Duration::from_millis(3_200))), 0), 5);
        assert_eq!(eta_seconds(pace(seconds(12)), 8), 25);
        assert_eq!(eta_seconds(pace(seconds(12)), 79), 120);
        assert_eq!(eta_seconds(pace(seconds(12)), 799), 1_200);
    }

    #[test]
    fn what_is_drawn_already_comes_nearer() {
        let pace = Pace { per_minute: None, typical: Some(Duration::from_secs(20)) };
        let left = |seconds| seconds_left(pace, TimeDelta::seconds(seconds));
        assert_eq!(
            [-5, 0, 3, 11, 19, 20, 300].map(left),
            [Some(20), Some(20), Some(20), Some(10), Some(5), None, None]
        );
    }

    #[test]
    fn a_measured_pace_is_what_counts() {
        let pace = |per_minute| Pace { per_minute: Some(per_minute), typical: Some(Duration::from_secs(12)) };
        assert_eq!(eta_seconds(pace(40.0), 0), 15);
        assert_eq!(eta_seconds(pace(40.0), 80), 150);
        assert_eq!(eta_seconds(pace(4.0), 80), 1_260);
        assert_eq!(eta_seconds(pace(4.0), 800), 12_600);
        assert!(eta_seconds(pace(f64::MIN_POSITIVE), i64::MAX) > 1_000_000, "no arithmetic goes wrong");
    }

    #[test]
    fn the_page_asks_less_and_less_and_then_no_more() {
        let queued = |seconds| poll_seconds(GenerationState::Queued, TimeDelta::seconds(seconds), Some(9));
        assert_eq!([0, 1, 2, 5, 8, 60].map(queued), [1, 1, 2, 3, 5, 10].map(Some));
        assert_eq!(poll_seconds(GenerationState::Queued, TimeDelta::seconds(60), Some(1)), Some(2));
        assert_eq!(poll_seconds(GenerationState::Generating, TimeDelta::seconds(9), None), Some(1));
        assert_eq!(poll_seconds(GenerationState::Ready, TimeDelta::zero(), None), None);
    }
}
