//! What is chosen of a product: its price, the part of the picture that is printed, how sharp it is, and what it looks like.

use serde::Serialize;
use shop::{
    crops::{Crop, Place, Sharpness},
    images::Image,
    mockups::{self, Subject},
    money::{Currency, Money},
    products::Product,
};

use super::{
    choosing::Choice,
    looks::{Fields, Look, source},
};
use crate::{error::Problem, visit::Visit};

/// How many of one thing somebody can put into their cart at once.
const QUANTITY_MAX: i32 = 99;

/// `on.choice` in templates/products/show.html
#[derive(Debug, Clone, Serialize)]
pub struct Chosen {
    /// What says which it is, in forms.
    pub fields: Fields,
    /// This page, with exactly this chosen.
    here: String,
    look: Look,
    /// The picture in one size, to choose a part of.
    src: String,
    name: String,
    price: String,
    compare_at: Option<String>,
    quantity_max: i32,
    print: Option<Printed>,
    crop: Frame,
}

/// The printed area and how sharp it is.
#[derive(Debug, Clone, Serialize)]
struct Printed {
    width_mm: i32,
    height_mm: i32,
    good_dpi: i16,
    fair_dpi: i16,
    min_dpi: i16,
    dpi: i32,
    sharpness: Sharpness,
}

/// The part of the picture that is printed.
#[derive(Debug, Clone, Serialize)]
struct Frame {
    left: i32,
    top: i32,
    width: i32,
    height: i32,
    right: i32,
    bottom: i32,
    /// Chosen by hand.
    by_hand: bool,
    picture_width: i32,
    picture_height: i32,
}

impl Chosen {
    /// All that is to be said about it.
    pub async fn new(
        visit: &Visit,
        product: &Product,
        image: &Image,
        choice: &Choice,
        currency: Currency,
    ) -> Result<Self, Problem> {
        let variant = &choice.offer.variant;
        let subject = Subject {
            image_id: image.card.id,
            variant_id: variant.id,
            orientation: choice.orientation,
            crop: choice.crop,
        };
        let mockup = mockups::find(&visit.site.db, &subject).await?;
        // A part that was chosen by hand is drawn when somebody asks for it: one who drags passes many.
        let by_itself = choice.place == Some(Place::Middle) || variant.print.is_none();
        let look =
            Look::new(visit, &image.card, (&product.title, &product.slug), &subject, mockup, by_itself);
        let fields = Fields::new(&subject);
        let area = variant.print.map(|print| print.hung(choice.orientation));
        let print =
            variant.print.zip(area).zip(choice.sharpness).map(|((print, area), (sharpness, dpi))| Printed {
                width_mm: area.width,
                height_mm: area.height,
                good_dpi: print.good_dpi,
                fair_dpi: print.fair_dpi,
                min_dpi: print.min_dpi,
                dpi,
                sharpness,
            });
        let money = |amount| Money::new(amount, currency).to_string();
        Ok(Self {
            here: fields.address(&product.slug),
            fields,
            look,
            src: source(visit, visit.at(), &image.card),
            name: format!("{}, {}", variant.size, variant.finish),
            price: money(choice.offer.price.amount),
            compare_at: choice.offer.price.compare_at.map(money),
            quantity_max: if print.is_none() { 1 } else { QUANTITY_MAX },
            print,
            crop: Frame::new(choice.crop, choice.place.is_none(), (image.card.width, image.card.height)),
        })
    }

    /// With every look, and of every sharpness.
    pub fn samples() -> Vec<Self> {
        let sharpnesses = [Some(Sharpness::Good), Some(Sharpness::Fair), Some(Sharpness::Low), None];
        let sample = |(look, sharpness): (Look, Option<Sharpness>)| Self {
            fields: look.fields().clone(),
            here: "/products/poster?image=0&left=1".to_owned(),
            look,
            src: "https://pictures.example/960.jpg?a=1&b=2".to_owned(),
            name: "Small, Matte".to_owned(),
            price: "€9.90".to_owned(),
            compare_at: sharpness.map(|_| "€12.90".to_owned()),
            quantity_max: QUANTITY_MAX,
            print: sharpness.map(|sharpness| Printed {
                width_mm: 300,
                height_mm: 400,
                good_dpi: 150,
                fair_dpi: 100,
                min_dpi: 60,
                dpi: 86,
                sharpness,
            }),
            crop: Frame::new(
                Crop { left: 1, top: 2, width: 3, height: 4 },
                sharpness.is_none(),
                (1536, 1024),
            ),
        };
        Look::samples().into_iter().zip(sharpnesses).map(sample).collect()
    }
}

impl Frame {
    fn new(crop: Crop, by_hand: bool, (picture_width, picture_height): (i32, i32)) -> Self {
        let Crop { left, top, width, height } = crop;
        let (right, bottom) = (left + width, top + height);
        Self { left, top, width, height, right, bottom, by_hand, picture_width, picture_height }
    }
}
