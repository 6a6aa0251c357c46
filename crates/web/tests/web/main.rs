//! The web server as a browser sees it: a real one over TCP, on a database of its own for each test.

mod account;
mod addresses;
mod blocklist;
mod bodies;
mod credits;
mod doors;
mod errors;
mod forms;
mod gallery;
mod history;
mod hostile;
mod hosts;
mod images;
mod leaving;
mod limits;
mod mail_preferences;
mod newcomers;
mod office;
mod owners;
mod progress;
mod prompts;
mod providers;
mod resets;
mod second_factors;
mod server;
mod sessions;
mod settings;
mod strangers;
mod strikes;
#[path = "../support/mod.rs"]
mod support;
mod templates;
mod uploads;
