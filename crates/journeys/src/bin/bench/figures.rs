//! Figures and how they are printed.

use std::time::Duration;

/// Prints one figure.
#[expect(clippy::print_stdout, reason = "the lines are what this program is for")]
pub fn print(name: &str, value: f64, unit: &str) {
    println!("{name} {value:.1} {unit}");
}

/// Prints how many times as much.
#[expect(clippy::print_stdout, reason = "the lines are what this program is for")]
pub fn print_ratio(name: &str, value: f64) {
    println!("{name} {value:.3} ratio");
}

/// Of some times, the one that so many percent are not above, by the nearest-rank method.
pub fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    let rank = (times.len() * percent).div_ceil(100).saturating_sub(1);
    times.get(rank).copied().unwrap_or_default()
}

/// Prints the median and the 99th percentile of some times.
pub fn print_times(name: &str, mut times: Vec<Duration>) {
    for percent in [50, 99] {
        let time = percentile(&mut times, percent);
        print(&format!("{name}_p{percent}"), time.as_secs_f64() * 1000.0, "ms");
    }
}
