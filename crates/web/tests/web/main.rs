//! The web server as a browser sees it: a real one over TCP, on a database of its own for each test.

mod bodies;
mod doors;
mod errors;
mod forms;
mod gallery;
mod history;
mod images;
mod office;
mod owners;
mod progress;
mod prompts;
mod second_factors;
mod server;
mod settings;
mod strangers;
mod support;
mod templates;
