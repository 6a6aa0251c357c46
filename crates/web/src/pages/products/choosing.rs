//! What somebody chose of a product for a picture, as an address or a form says it. Whatever is missing or does not go with the
//! picture is chosen for them.

use std::{collections::HashMap, str::FromStr};

use shop::{
    crops::{Area, Crop, Orientation, Place, Sharpness},
    ids::VariantId,
    prices::Price,
    products::{Product, Variant},
};
use strum::VariantArray;

/// A variant that is sold in the visitor's currency.
#[derive(Debug, Clone)]
pub struct Offer {
    pub variant: Variant,
    pub price: Price,
}

/// What is bought when nothing else is chosen.
#[derive(Debug, Clone)]
pub struct Choice {
    pub offer: Offer,
    pub orientation: Orientation,
    pub crop: Crop,
    /// Where the crop lies, if it was chosen by words.
    pub place: Option<Place>,
    /// How sharp it is printed, and how many pixels an inch; nothing for a file.
    pub sharpness: Option<(Sharpness, i32)>,
}

/// Those of a product that have a price.
pub fn offers(product: &Product, prices: &HashMap<VariantId, Price>) -> Vec<Offer> {
    let offer =
        |variant: &Variant| Some(Offer { price: *prices.get(&variant.id)?, variant: variant.clone() });
    product.variants.iter().filter_map(offer).collect()
}

impl Offer {
    /// The way it hangs by itself: as the picture does.
    pub fn orientation(&self, picture: Area, asked: Option<Orientation>) -> Orientation {
        let by_shape =
            if picture.width > picture.height { Orientation::Landscape } else { Orientation::Portrait };
        if self.variant.turns { asked.unwrap_or(by_shape) } else { Orientation::Portrait }
    }

    /// Whether all of the picture that fits is sharp enough to be sold.
    pub fn is_sharp(&self, picture: Area, orientation: Orientation) -> bool {
        self.variant.print.is_none_or(|print| {
            let crop = Crop::filling(picture, print.hung(orientation), Place::Middle);
            print.sharpness(picture, crop, orientation).0 != Sharpness::TooLow
        })
    }

    /// With a part of the picture: the one that is asked for, if it has the shape of the print and pixels enough.
    fn cropped(&self, picture: Area, orientation: Orientation, asked: &Asked) -> Choice {
        let offer = self.clone();
        let Some(print) = self.variant.print else {
            return Choice { offer, orientation, crop: Crop::ALL, place: None, sharpness: None };
        };
        let area = print.hung(orientation);
        let sharpness = |crop| print.sharpness(picture, crop, orientation);
        let by_hand =
            asked.crop.filter(|crop| crop.fits(picture, area) && sharpness(*crop).0 != Sharpness::TooLow);
        let by_words =
            |crop| Place::VARIANTS.iter().copied().find(|place| Crop::filling(picture, area, *place) == crop);
        let place = asked.place.unwrap_or(Place::Middle);
        let (crop, place) = match by_hand {
            Some(crop) => (crop, by_words(crop)),
            None => (Crop::filling(picture, area, place), Some(place)),
        };
        Choice { offer, orientation, crop, place, sharpness: Some(sharpness(crop)) }
    }
}

/// What an address or a form asks for; what it does not say, or not in our words, is missing.
#[derive(Debug, Default)]
pub struct Asked {
    pub variant: Option<VariantId>,
    pub size: Option<String>,
    pub finish: Option<String>,
    pub orientation: Option<Orientation>,
    pub place: Option<Place>,
    pub crop: Option<Crop>,
}

impl Asked {
    /// From whatever knows fields by their names.
    pub fn read(field: impl Fn(&str) -> Option<String>) -> Self {
        fn parsed<T: FromStr>(text: Option<String>) -> Option<T> {
            text?.parse().ok()
        }
        let side = |name| parsed::<i32>(field(name));
        let crop = || {
            Some(Crop {
                left: side("left")?,
                top: side("top")?,
                width: side("width")?,
                height: side("height")?,
            })
        };
        Self {
            variant: parsed(field("variant")),
            size: field("size"),
            finish: field("finish"),
            orientation: parsed(field("orientation")),
            place: parsed(field("place")),
            crop: crop(),
        }
    }

    /// What comes closest to it of what is sharp enough. Nothing, if nothing is.
    pub fn choose(&self, offers: &[Offer], picture: Area) -> Option<Choice> {
        let first = offers.iter().find(|offer| Some(offer.variant.id) == self.variant);
        let size = self.size.as_deref().or(first.map(|offer| offer.variant.size.as_str()));
        let finish = self.finish.as_deref().or(first.map(|offer| offer.variant.finish.as_str()));
        let orientation = |offer: &Offer| offer.orientation(picture, self.orientation);
        let sharp = offers.iter().filter(|offer| offer.is_sharp(picture, orientation(offer)));
        // As many of both as can be had; of equals the first.
        let hits = |offer: &Offer| {
            2 * usize::from(Some(offer.variant.size.as_str()) == size)
                + usize::from(Some(offer.variant.finish.as_str()) == finish)
        };
        let best = sharp.rev().max_by_key(|offer| hits(offer))?;
        Some(best.cropped(picture, orientation(best), self))
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use shop::{ids::ProductId, products::Print};

    use super::*;

    fn offer(number: i64, size: &str, finish: &str, (width, height): (i32, i32)) -> Offer {
        let area_mm = Area { width, height };
        let at = DateTime::from_timestamp(number, 0).expect("a moment");
        let print =
            Print { area_mm, pixels: area_mm, bleed_mm: 0, good_dpi: 150, fair_dpi: 100, min_dpi: 60 };
        Offer {
            variant: Variant {
                id: VariantId::new(at),
                product_id: ProductId::new(at),
                sku: format!("SKU-{number}"),
                size: size.to_owned(),
                finish: finish.to_owned(),
                finish_code: finish.to_lowercase(),
                print: Some(print),
                turns: true,
                weight_g: 1,
                is_active: true,
            },
            price: Price { amount: 1_000 * number, compare_at: None },
        }
    }

    fn assortment() -> Vec<Offer> {
        vec![
            offer(1, "small", "Matte", (130, 180)),
            offer(2, "small", "Art", (130, 180)),
            offer(3, "large", "Matte", (500, 700)),
            offer(4, "large", "Art", (500, 700)),
        ]
    }

    fn asked(query: &[(&str, &str)]) -> Asked {
        Asked::read(|name| query.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    const LARGE: Area = Area { width: 3000, height: 2000 };

    #[test]
    fn the_first_is_chosen_as_the_picture_lies_and_in_its_middle() {
        let choice = asked(&[]).choose(&assortment(), LARGE).expect("a choice");
        assert_eq!(choice.offer.price.amount, 1_000);
        assert_eq!(choice.orientation, Orientation::Landscape);
        assert_eq!(choice.place, Some(Place::Middle));
        assert!(choice.crop.fits(LARGE, Area { width: 180, height: 130 }), "{:?}", choice.crop);
    }

    #[test]
    fn size_and_finish_are_chosen_one_by_one() {
        let all = assortment();
        let second = all[1].variant.id.to_string();
        for (query, amount) in [
            (&[("size", "large")][..], 3_000),
            (&[("finish", "Art")], 2_000),
            (&[("variant", second.as_str()), ("size", "large")], 4_000),
            (&[("variant", second.as_str()), ("finish", "Matte")], 1_000),
            (&[("size", "huge"), ("finish", "Gold"), ("variant", "none")], 1_000),
        ] {
            assert_eq!(
                asked(query).choose(&all, LARGE).expect("a choice").offer.price.amount,
                amount,
                "{query:?}"
            );
        }
    }

    #[test]
    fn what_is_not_sharp_enough_is_not_chosen() {
        let small = Area { width: 1024, height: 1024 };
        let choice =
            asked(&[("size", "large"), ("finish", "Art")]).choose(&assortment(), small).expect("a choice");
        assert_eq!(choice.offer.price.amount, 2_000, "1024 pixels on 70 cm are 37 an inch");
        assert!(asked(&[]).choose(&assortment(), Area { width: 200, height: 200 }).is_none());
    }

    #[test]
    fn a_crop_by_hand_counts_if_it_fits_and_is_sharp() {
        let all = assortment();
        let upright = ("orientation", "portrait");
        // 65 : 90 of 3000 × 2000 pixels.
        let fits = [upright, ("left", "100"), ("top", "1000"), ("width", "4333"), ("height", "9000")];
        let choice = asked(&fits).choose(&all, LARGE).expect("a choice");
        assert_eq!(choice.crop, Crop { left: 100, top: 1_000, width: 4_333, height: 9_000 });
        assert_eq!(choice.place, None);
        for spoilt in [
            [upright, ("left", "100"), ("top", "1001"), ("width", "4333"), ("height", "9000")],
            [upright, ("left", "-1"), ("top", "0"), ("width", "4333"), ("height", "9000")],
            [upright, ("left", "0"), ("top", "0"), ("width", "9000"), ("height", "9000")],
            [upright, ("left", "0"), ("top", "0"), ("width", "x"), ("height", "9000")],
            // The right shape, and 18 pixels an inch.
            [upright, ("left", "0"), ("top", "0"), ("width", "433"), ("height", "900")],
        ] {
            let choice = asked(&spoilt).choose(&all, LARGE).expect("a choice");
            assert_eq!(choice.place, Some(Place::Middle), "{spoilt:?}");
        }
        let end = [upright, ("place", "end")];
        assert_eq!(asked(&end).choose(&all, LARGE).expect("a choice").place, Some(Place::End));
    }

    #[test]
    fn a_file_is_the_whole_picture() {
        let mut file = offer(5, "Full resolution", "As drawn", (1, 1));
        (file.variant.print, file.variant.turns) = (None, false);
        let choice = asked(&[("place", "end"), ("orientation", "landscape")])
            .choose(&[file], LARGE)
            .expect("a choice");
        assert_eq!((choice.crop, choice.orientation), (Crop::ALL, Orientation::Portrait));
        assert_eq!(choice.sharpness, None);
    }
}
