//! The stand-ins over their real wires: HTTP by reqwest, S3 by rusty-s3's signatures, SMTP by hand.

mod dashboard;
mod images;
mod magic;
mod mail;
mod moderations;
mod pokes;
mod sizes;
mod started;
mod stopping;
mod storage;
mod stripe;
mod stripe_delayed;
mod stripe_pages;
mod stripe_sessions;
mod stripe_weather;
mod stripe_webhooks;
