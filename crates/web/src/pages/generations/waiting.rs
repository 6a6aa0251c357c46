//! How long a picture may still take, and how soon the page asks again.

use std::time::Duration;

use chrono::TimeDelta;
use shop::generations::GenerationState;

/// What a picture takes before any was drawn here.
const USUAL: Duration = Duration::from_secs(15);
/// How many are drawn at once by one worker with its usual lanes. With more workers people wait for less than they were
/// told, and never for longer.
const AT_ONCE: u64 = 8;

/// Seconds until the pictures should be there, coarsely: a figure that changes with every look is noise, and would be
/// another answer to a page that asks whether anything changed. `position` is 0 for one that is being drawn.
pub fn eta_seconds(typical: Option<Duration>, position: i64) -> u64 {
    let rounds = u64::try_from(position).unwrap_or_default().div_ceil(AT_ONCE).max(1);
    let typical = typical.unwrap_or(USUAL);
    let whole = typical.as_secs() + u64::from(typical.subsec_nanos() > 0);
    let seconds = whole.max(1) * rounds;
    let step = match seconds {
        0..60 => 5,
        60..300 => 30,
        _ => 60,
    };
    seconds.div_ceil(step) * step
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
    fn estimates_are_coarse_and_grow_with_the_queue() {
        assert_eq!(eta_seconds(None, 1), 15);
        assert_eq!(eta_seconds(Some(Duration::from_millis(3_200)), 0), 5);
        assert_eq!(eta_seconds(Some(Duration::from_secs(12)), 9), 25);
        assert_eq!(eta_seconds(Some(Duration::from_secs(12)), 80), 120);
        assert_eq!(eta_seconds(Some(Duration::from_secs(12)), 800), 1_200);
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
