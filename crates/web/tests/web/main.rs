//! The web server as a browser sees it: a real one over TCP, on a database of its own for each test.

mod bodies;
mod doors;
mod errors;
mod forms;
mod gallery;
mod hostile;
mod images;
mod progress;
mod prompts;
mod server;
mod settings;
mod strangers;
mod support;
mod templates;
mod uploads;
