//! The web server as a browser sees it: a real one over TCP, on a database of its own for each test.

mod account;
mod addresses;
mod bodies;
mod doors;
mod errors;
mod forms;
mod gallery;
mod images;
mod leaving;
mod mail_preferences;
mod newcomers;
mod progress;
mod prompts;
mod resets;
mod server;
mod sessions;
mod settings;
mod strangers;
mod support;
mod templates;
