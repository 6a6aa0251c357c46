//! Pictures that customers brought along.

pub mod show;
