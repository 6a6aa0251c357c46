//! What can be chosen of a product, as chips of which one is pressed.

use serde::Serialize;
use shop::{
    crops::{Area, Crop, Orientation, Place, WHOLE},
    money::{Currency, Money},
};
use strum::VariantArray;

use super::choosing::{Choice, Offer};

/// One of several that can be chosen.
#[derive(Debug, Clone, Serialize)]
pub struct Chip {
    pub value: String,
    pub name: String,
    pub price: Option<String>,
    pub checked: bool,
    /// Why it cannot be.
    pub problem: Option<&'static str>,
}

/// Its sizes, with what each costs in the finish that is chosen. One for which the picture is too small cannot be.
pub fn sizes(offers: &[Offer], choice: Option<&Choice>, picture: Area, currency: Currency) -> Vec<Chip> {
    let orientation = choice.map(|choice| choice.orientation);
    let chosen = choice.map(|choice| &choice.offer.variant);
    let is_sharp = |offer: &Offer| offer.is_sharp(picture, offer.orientation(picture, orientation));
    let price = |offer: &Offer| Money::new(offer.price.amount, currency).to_string();
    let size = |size: &str| {
        let of_size = || offers.iter().filter(|offer| offer.variant.size == size);
        let shown = of_size()
            .find(|offer| chosen.is_some_and(|variant| variant.finish == offer.variant.finish))
            .or(of_size().next());
        Chip {
            value: size.to_owned(),
            name: size.to_owned(),
            price: shown.map(price),
            checked: chosen.is_some_and(|variant| variant.size == size),
            problem: (!of_size().any(is_sharp)).then_some("Needs a larger picture"),
        }
    };
    distinct(offers, |offer| &offer.variant.size).into_iter().map(size).collect()
}

/// Its finishes.
pub fn finishes(offers: &[Offer], choice: Option<&Choice>) -> Vec<Chip> {
    let finish = |finish: &str| Chip {
        value: finish.to_owned(),
        name: finish.to_owned(),
        price: None,
        checked: choice.is_some_and(|choice| choice.offer.variant.finish == finish),
        problem: None,
    };
    distinct(offers, |offer| &offer.variant.finish).into_iter().map(finish).collect()
}

/// Each once, in the order in which they come first.
fn distinct<'o>(offers: &'o [Offer], name: impl Fn(&'o Offer) -> &'o String) -> Vec<&'o str> {
    let mut names: Vec<&str> = Vec::new();
    for offer in offers {
        let name = name(offer).as_str();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Which way it hangs, if it turns.
pub fn orientations(choice: &Choice) -> Vec<Chip> {
    if !choice.offer.variant.turns {
        return vec![];
    }
    let chip = |orientation: &Orientation| {
        let value: &str = orientation.into();
        Chip {
            value: value.to_owned(),
            name: match orientation {
                Orientation::Portrait => "Upright".to_owned(),
                Orientation::Landscape => "Across".to_owned(),
            },
            price: None,
            checked: *orientation == choice.orientation,
            problem: None,
        }
    };
    Orientation::VARIANTS.iter().map(chip).collect()
}

/// Where the part lies, if a part is cut off.
pub fn places(choice: &Choice) -> Vec<Chip> {
    let crop = choice.crop;
    if choice.offer.variant.print.is_none() || (crop == Crop::ALL && choice.place.is_some()) {
        return vec![];
    }
    let is_beside = crop.width < crop.height.min(WHOLE);
    let chip = |place: Place| {
        let value: &str = place.into();
        let name = match (place, is_beside) {
            (Place::Middle, _) => "Middle",
            (Place::Start, true) => "Left",
            (Place::Start, false) => "Top",
            (Place::End, true) => "Right",
            (Place::End, false) => "Bottom",
        };
        Chip {
            value: value.to_owned(),
            name: name.to_owned(),
            price: None,
            checked: choice.place == Some(place),
            problem: None,
        }
    };
    [Place::Start, Place::Middle, Place::End].map(chip).into()
}
