//! Figures and how they are printed.

use std::time::Duration;

/// Prints one figure.
#[expect(clippy::print_stdout, reason = "the lines are what this program is for")]
pub fn print(name: &str, value: f64, unit: &str) {
    println!("{name} {value:.1} {unit}");
}

/// Prints the median and the 99th percentile of some times, by the nearest-rank method.
pub fn print_times(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    for (suffix, percent) in [("p50", 50), ("p99", 99)] {
        let rank = (times.len() * percent).div_ceil(100).saturating_sub(1);
        print(&format!("{name}_{suffix}"), times[rank].as_secs_f64() * 1000.0, "ms");
    }
}
