//! What the Create page offers, as its template shows it.

use serde::Serialize;
use shop::generations::{Quality, Size, Style};
use strum::VariantArray;

#[derive(Debug, Clone, Serialize)]
pub struct StyleChoice {
    key: &'static str,
    name: &'static str,
    hint: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub struct SizeChoice {
    key: &'static str,
    name: &'static str,
    ratio_w: u32,
    ratio_h: u32,
    hint: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub struct QualityChoice {
    key: &'static str,
    name: &'static str,
    hint: &'static str,
    credits: i32,
}

pub fn styles() -> Vec<StyleChoice> {
    let choice = |style: &Style| StyleChoice { key: style.key(), name: style.name(), hint: style.hint() };
    Style::VARIANTS.iter().map(choice).collect()
}

pub fn sizes() -> Vec<SizeChoice> {
    let choice = |size: &Size| {
        let (ratio_w, ratio_h) = size.ratio();
        SizeChoice { key: size.key(), name: size.name(), ratio_w, ratio_h, hint: size.hint() }
    };
    Size::VARIANTS.iter().map(choice).collect()
}

pub fn qualities() -> Vec<QualityChoice> {
    let choice = |quality: &Quality| QualityChoice {
        key: quality.key(),
        name: quality.name(),
        hint: quality.hint(),
        credits: quality.credits(),
    };
    Quality::VARIANTS.iter().map(choice).collect()
}
