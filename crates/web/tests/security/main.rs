//! The security suite: one file for each chapter of OWASP ASVS 5.0 that concerns the shop, each test named after the item
//! that it proves, and the matrix of who may do what. docs/security.md lists all items of level 1 with their tests.

mod deployment;
mod document;
mod matrix;
mod sources;
#[path = "../support/mod.rs"]
mod support;
mod v11_cryptography;
mod v13_configuration;
mod v14_data;
mod v16_logging;
mod v1_encoding;
mod v2_validation;
mod v3_frontend;
mod v4_http;
mod v5_files;
mod v6_authentication;
mod v7_sessions;
mod v8_authorization;
