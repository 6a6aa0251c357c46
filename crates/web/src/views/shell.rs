//! What every page shares: its head, who is signed in, the message from the page before.

use serde::Serialize;

use crate::{assets::Links, flash::Message};

/// Given to every template as `shell`.
#[derive(Debug, Clone, Serialize)]
pub struct Shell<'a> {
    /// What the browser's tab says.
    pub title: &'a str,
    /// Who is signed in.
    pub account: Option<Account<'a>>,
    /// How many pieces are in the cart.
    pub in_cart: i64,
    /// The token that every form carries.
    pub csrf: &'a str,
    /// The path of this page, without a query.
    pub path: &'a str,
    /// The page of the header under which this one is found, by its path: not always that of the address, where a form that
    /// was sent came back.
    pub place: &'a str,
    /// Style sheets, scripts and icons.
    pub assets: &'a Links,
    /// What a customer tells support.
    pub request_id: &'a str,
    /// The message from the page before.
    pub flash: Option<Message>,
    /// The address under which the page is to be known.
    pub canonical: Option<String>,
    /// What search engines and previews say.
    pub description: &'a str,
}

/// Who is signed in.
#[derive(Debug, Clone, Serialize)]
pub struct Account<'a> {
    /// Their address.
    pub email: &'a str,
    /// Whether it was proved to be theirs.
    pub is_verified: bool,
    /// When the account will be erased, if its owner asked for that.
    pub erase_at: Option<String>,
    /// Whether they work for the shop.
    pub is_staff: bool,
    /// How much came that they have not looked at yet: pictures, and requests that ended without one.
    pub unseen: i64,
}
