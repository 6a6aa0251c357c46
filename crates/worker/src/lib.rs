//! The worker: takes jobs from Postgres, talks to the outside, changes the model.

pub mod config;
pub mod deployment;
pub mod jobs;
pub mod letters;
pub mod logs;
pub mod payments;
pub mod pictures;
pub mod providers;
pub mod runner;
pub mod services;
