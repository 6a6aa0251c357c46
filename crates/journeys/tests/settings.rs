//! `.env.sample` names every setting of both programs, and no other.

use std::collections::BTreeSet;

use clap::CommandFactory;

fn settings(command: &clap::Command) -> BTreeSet<String> {
    command
        .get_arguments()
        .filter_map(|argument| argument.get_env())
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}

#[test]
fn the_sample_and_the_programs_know_the_same_settings() {
    let sample = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.env.sample"))
        .expect(".env.sample");
    let named: BTreeSet<String> = sample
        .lines()
        .filter_map(|line| line.trim_start_matches("# ").split_once('='))
        .map(|(name, _)| name.to_owned())
        .filter(|name| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        })
        .collect();
    let known: BTreeSet<String> =
        &settings(&web::commands::Cli::command()) | &settings(&worker::config::Cli::command());
    assert_eq!(named, known);
}
