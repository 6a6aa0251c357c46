//! Ids as long and as unguessable as Stripe's, with its prefixes.

use rand::Rng;
use rand::distr::Alphanumeric;

pub(super) fn new(prefix: &str, length: usize) -> String {
    let tail = rand::rng().sample_iter(Alphanumeric).take(length).map(char::from);
    prefix.chars().chain(tail).collect()
}
