//! Where other services tell us something by themselves. No form of ours is in between: each proves by a signature that it is who
//! it says.

pub mod stripe;
