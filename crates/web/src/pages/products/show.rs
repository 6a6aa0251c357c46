//! GET /products/{slug}

use std::{borrow::Cow, collections::HashMap};

use poem::{Response, handler};
use serde::Serialize;
use serde_json::json;
use shop::{
    crops::{Area, Crop, Orientation, Place, Sharpness, WHOLE},
    ids::{ImageId, VariantId},
    images::{self, Image, Order, Visibility, suggested_title},
    mockups::{self, Subject},
    money::{Currency, Money},
    prices::{self, Price},
    products::{Product, ProductKind},
};
use strum::VariantArray;
use tera::Value;

use super::{
    Slug,
    choosing::{Asked, Choice, Offer, offers},
    looks::{Fields, Look, source},
};
use crate::{
    admission::Guest,
    error::Problem,
    pictures::{Picture, hung_path},
    views::{Page, in_script},
    visit::Visit,
};

/// How many pictures there are to choose from, of each kind.
const OFFERED: i64 = 12;
/// How many of one thing somebody can put into their cart at once.
const QUANTITY_MAX: i32 = 99;

/// templates/products/show.html
#[derive(Debug, Clone, Serialize)]
pub struct Show {
    product: About,
    /// With a picture on it.
    on: Option<On>,
    /// Why there is none, and what it could be.
    choose: Option<Choose>,
    /// What machines read about it (schema.org, as JSON-LD).
    facts: Value,
    /// What shows it where a link to it is shared.
    shared: Option<Shared>,
    #[serde(skip)]
    canonical: String,
}

#[derive(Debug, Clone, Serialize)]
struct About {
    slug: String,
    kind: ProductKind,
    title: String,
    summary: String,
    description: String,
    /// What its finishes are.
    finish_legend: &'static str,
    /// When it leaves the house.
    days: String,
    /// What the cheapest costs, if it is sold in this currency.
    from: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
struct On {
    picture: Picture,
    caption: String,
    back: Back,
    mine: bool,
    sizes: Vec<Chip>,
    finishes: Vec<Chip>,
    orientations: Vec<Chip>,
    places: Vec<Chip>,
    /// Nothing, if nothing of it is sharp enough.
    choice: Option<Chosen>,
}

#[derive(Debug, Clone, Serialize)]
struct Back {
    href: String,
    text: &'static str,
}

/// One of several that can be chosen.
#[derive(Debug, Clone, Serialize)]
struct Chip {
    value: String,
    name: String,
    price: Option<String>,
    checked: bool,
    /// Why it cannot be.
    problem: Option<&'static str>,
}

#[derive(Debug, Clone, Serialize)]
struct Chosen {
    fields: Fields,
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

#[derive(Debug, Clone, Serialize)]
struct Choose {
    /// The picture that was asked for is not there, or not for this visitor.
    missing: bool,
    own: Vec<Offered>,
    gallery: Vec<Offered>,
}

#[derive(Debug, Clone, Serialize)]
struct Offered {
    picture: Picture,
    href: String,
}

/// What is seen where a link is shared.
#[derive(Debug, Clone, Serialize)]
struct Shared {
    url: String,
    alt: String,
}

impl Page for Show {
    const TEMPLATE: &'static str = "products/show.html";
    // Whoever is not signed in can have it drawn, and buy it.
    const HAS_FORM: bool = true;
    const PLACE: Option<&'static str> = Some("/products");

    fn title(&self) -> Cow<'_, str> {
        match &self.on {
            Some(on) => format!("{}: {}", self.product.title, suggested_title(&on.caption)).into(),
            None => (&self.product.title).into(),
        }
    }

    fn description(&self) -> Cow<'_, str> {
        (&self.product.summary).into()
    }

    fn canonical(&self) -> Option<String> {
        Some(self.canonical.clone())
    }

    fn samples() -> Vec<Self> {
        samples()
    }
}

/// A picture that this visitor may put on something: their own, or one of the gallery.
pub async fn usable(visit: &Visit, id: ImageId) -> Result<Option<Image>, Problem> {
    let image = images::find(&visit.site.db, visit.account_id(), id).await?;
    Ok(image.filter(|image| image.deleted_at.is_none()))
}

/// What the variants of a product cost this visitor.
pub async fn prices_of(visit: &Visit, product: &Product) -> Result<HashMap<VariantId, Price>, Problem> {
    let currency = visit.currency().await?;
    let variants: Vec<VariantId> = product.variants.iter().map(|variant| variant.id).collect();
    Ok(prices::current(&visit.site.db, &visit.cause, currency, &variants).await?)
}

/// A product, with a picture on it or with pictures to choose from.
#[handler]
pub async fn show(visit: Guest, slug: Slug) -> Result<Response, Problem> {
    let product = slug.find(&visit).await?;
    let offers = offers(&product, &prices_of(&visit, &product).await?);
    let currency = visit.currency().await?;
    let about = About::new(&product, &offers, currency);
    let origin = &visit.site.origin;
    let image = match visit.query("image").filter(|image| !image.is_empty()) {
        None => None,
        Some(asked) => match asked.parse() {
            Ok(id) => Some(usable(&visit, id).await?),
            Err(_) => Some(None),
        },
    };
    let Some(Some(image)) = image else {
        let choose = choose(&visit, &product.slug, image.is_some()).await?;
        return visit.page(&Show::new(origin, about, None, Some(choose), None, &offers, currency));
    };
    let picture = Area { width: image.card.width, height: image.card.height };
    let choice = Asked::read(|name| visit.query(name)).choose(&offers, picture);
    let chosen = match &choice {
        Some(choice) => Some(chosen(&visit, &product, &image, choice, currency).await?),
        None => None,
    };
    let public = (image.visibility == Visibility::Published).then(|| hung_path(&image.title, image.card.id));
    let on = On::new(&visit, &image, &offers, choice.as_ref(), chosen, currency);
    visit.page(&Show::new(origin, about, Some((on, choice)), None, public.as_deref(), &offers, currency))
}

async fn chosen(
    visit: &Visit,
    product: &Product,
    image: &Image,
    choice: &Choice,
    currency: Currency,
) -> Result<Chosen, Problem> {
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
    let look = Look::new(visit, &image.card, (&product.title, &product.slug), &subject, mockup, by_itself);
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
    Ok(Chosen {
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

async fn choose(visit: &Visit, slug: &str, missing: bool) -> Result<Choose, Problem> {
    let db = &visit.site.db;
    let href = |id: ImageId| format!("/products/{slug}?image={id}");
    let own = match visit.account_id() {
        Some(account_id) => images::newest_of(db, account_id, OFFERED).await?,
        None => vec![],
    };
    let gallery = images::gallery(db, Order::Newest, "", None, OFFERED).await?;
    Ok(Choose {
        missing,
        own: own.iter().map(|card| Offered { picture: visit.picture(card), href: href(card.id) }).collect(),
        gallery: gallery
            .iter()
            .map(|card| Offered { picture: visit.hung(card), href: href(card.id) })
            .collect(),
    })
}

impl About {
    fn new(product: &Product, offers: &[Offer], currency: Currency) -> Self {
        let cheapest = offers.iter().map(|offer| offer.price.amount).min();
        Self {
            slug: product.slug.clone(),
            kind: product.kind,
            title: product.title.clone(),
            summary: product.summary.clone(),
            description: product.description.clone(),
            finish_legend: match product.kind {
                ProductKind::Poster => "Paper",
                ProductKind::Framed => "Frame",
                ProductKind::Canvas => "Canvas",
                ProductKind::Mug | ProductKind::Tee => "Colour",
                ProductKind::Download => "File",
            },
            days: match product.days {
                (0, 0) => "At once".to_owned(),
                (least, most) if least == most => format!("In {most} working days"),
                (least, most) => format!("In {least} to {most} working days"),
            },
            from: cheapest.map(|amount| Money::new(amount, currency).to_string()),
        }
    }
}

impl Frame {
    fn new(crop: Crop, by_hand: bool, (picture_width, picture_height): (i32, i32)) -> Self {
        let Crop { left, top, width, height } = crop;
        let (right, bottom) = (left + width, top + height);
        Self { left, top, width, height, right, bottom, by_hand, picture_width, picture_height }
    }
}

impl On {
    fn new(
        visit: &Visit,
        image: &Image,
        offers: &[Offer],
        choice: Option<&Choice>,
        chosen: Option<Chosen>,
        currency: Currency,
    ) -> Self {
        let mine = visit.account_id() == Some(image.account_id);
        let id = image.card.id;
        let picture = Area { width: image.card.width, height: image.card.height };
        let orientation = choice.map(|choice| choice.orientation);
        let is_sharp = |offer: &&Offer| offer.is_sharp(picture, offer.orientation(picture, orientation));
        let chosen_variant = choice.map(|choice| &choice.offer.variant);
        let price = |offer: &Offer| Money::new(offer.price.amount, currency).to_string();
        let sizes = distinct(offers, |offer| &offer.variant.size).into_iter().map(|size| {
            let of_size = || offers.iter().filter(|offer| offer.variant.size == size);
            let shown = of_size()
                .find(|offer| chosen_variant.is_some_and(|variant| variant.finish == offer.variant.finish))
                .or(of_size().next());
            Chip {
                value: size.to_owned(),
                name: size.to_owned(),
                price: shown.map(price),
                checked: chosen_variant.is_some_and(|variant| variant.size == size),
                problem: (!of_size().any(|offer| is_sharp(&offer))).then_some("Needs a larger picture"),
            }
        });
        let finishes = distinct(offers, |offer| &offer.variant.finish).into_iter().map(|finish| Chip {
            value: finish.to_owned(),
            name: finish.to_owned(),
            price: None,
            checked: chosen_variant.is_some_and(|variant| variant.finish == finish),
            problem: None,
        });
        Self {
            picture: if mine { visit.picture(&image.card) } else { visit.hung(&image.card) },
            caption: image.card.caption.clone(),
            back: if mine {
                Back { href: format!("/images/{id}"), text: "Your picture" }
            } else {
                Back { href: hung_path(&image.title, id), text: "The picture" }
            },
            mine,
            sizes: sizes.collect(),
            finishes: finishes.collect(),
            orientations: choice.map(orientations).unwrap_or_default(),
            places: choice.map(places).unwrap_or_default(),
            choice: chosen,
        }
    }
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
fn orientations(choice: &Choice) -> Vec<Chip> {
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
fn places(choice: &Choice) -> Vec<Chip> {
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

impl Show {
    fn new(
        origin: &str,
        product: About,
        on: Option<(On, Option<Choice>)>,
        choose: Option<Choose>,
        public: Option<&str>,
        offers: &[Offer],
        currency: Currency,
    ) -> Self {
        let plain = format!("/products/{}", product.slug);
        let (on, choice) = on.map_or((None, None), |(on, choice)| (Some(on), choice));
        let chosen = on.as_ref().and_then(|on| on.choice.as_ref());
        // A private picture is in no address that is to be known.
        let canonical = match (public, chosen) {
            (Some(_), Some(chosen)) => format!("{plain}?image={}", chosen.fields.image()),
            _ => plain,
        };
        let url = format!("{origin}{canonical}");
        let shared = public.zip(on.as_ref()).map(|(path, on)| Shared {
            url: format!("{origin}{path}/card.jpg"),
            alt: format!("AI-generated picture: {}", suggested_title(&on.caption)),
        });
        let price = |amount| Money::new(amount, currency).plain();
        let amounts = || offers.iter().map(|offer| offer.price.amount);
        let offer = match (&choice, amounts().min(), amounts().max()) {
            (Some(choice), ..) => json!({
                "@type": "Offer",
                "url": url,
                "price": price(choice.offer.price.amount),
                "priceCurrency": currency.code(),
                "availability": "https://schema.org/InStock",
                "itemCondition": "https://schema.org/NewCondition",
            }),
            (None, Some(least), Some(most)) => json!({
                "@type": "AggregateOffer",
                "url": url,
                "lowPrice": price(least),
                "highPrice": price(most),
                "offerCount": offers.len(),
                "priceCurrency": currency.code(),
                "availability": "https://schema.org/InStock",
            }),
            (None, ..) => serde_json::Value::Null,
        };
        let name = match &on {
            Some(on) => format!("{}: {}", product.title, suggested_title(&on.caption)),
            None => product.title.clone(),
        };
        let mut facts = json!({
            "@context": "https://schema.org",
            "@type": "Product",
            "name": name,
            "description": product.description,
            "url": url,
            "brand": { "@type": "Brand", "name": "AI Gallery" },
        });
        if let Some(choice) = &choice {
            facts["sku"] = choice.offer.variant.sku.clone().into();
            facts["size"] = choice.offer.variant.size.clone().into();
        }
        if !offer.is_null() {
            facts["offers"] = offer;
        }
        if let Some(shared) = &shared {
            facts["image"] = shared.url.clone().into();
        }
        Self { product, on, choose, facts: in_script(&facts), shared, canonical }
    }
}

fn samples() -> Vec<Show> {
    let about = |kind| About {
        slug: "poster".to_owned(),
        kind,
        title: "Poster & <b>fox".to_owned(),
        summary: "A <script>alert(1)</script> of paper".to_owned(),
        description: "</script><script>alert(1)</script>".to_owned(),
        finish_legend: "Paper",
        days: "In 2 to 4 working days".to_owned(),
        from: Some("€9.90".to_owned()),
    };
    let chip = |name: &str, checked, problem| Chip {
        value: name.to_owned(),
        name: name.to_owned(),
        price: Some("€9.90".to_owned()),
        checked,
        problem,
    };
    let chips =
        || vec![chip("Small \"<b>fox", true, None), chip("Large", false, Some("Needs a larger picture"))];
    let on = |picture, choice: Option<Chosen>| On {
        picture,
        caption: "A <b>fox</b> & \"friends\" 🦊".to_owned(),
        back: Back { href: "/gallery/0".to_owned(), text: "The picture" },
        mine: choice.is_none(),
        sizes: chips(),
        finishes: chips(),
        orientations: chips(),
        places: chips(),
        choice,
    };
    let sharpnesses = [Some(Sharpness::Good), Some(Sharpness::Fair), Some(Sharpness::Low), None];
    let chosen = |(look, sharpness): (Look, Option<Sharpness>)| Chosen {
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
        crop: Frame::new(Crop { left: 1, top: 2, width: 3, height: 4 }, sharpness.is_none(), (1536, 1024)),
    };
    let page = |on: Option<On>, choose| {
        let public = on.as_ref().map(|_| "/gallery/a-fox-0");
        let on = on.map(|on| (on, None));
        Show::new("https://shop.example", about(ProductKind::Poster), on, choose, public, &[], Currency::Eur)
    };
    let offered = || -> Vec<Offered> {
        let href = "/products/poster?image=0".to_owned();
        Picture::samples().into_iter().map(|picture| Offered { picture, href: href.clone() }).collect()
    };
    let choices =
        Look::samples().into_iter().zip(sharpnesses).map(|sample| Some(chosen(sample))).chain([None]);
    let with = choices.zip(Picture::samples().into_iter().cycle());
    let with = with.map(|(choice, picture)| page(Some(on(picture, choice)), None));
    let empty = Choose { missing: true, own: vec![], gallery: vec![] };
    let full = Choose { missing: false, own: offered(), gallery: offered() };
    with.chain([page(None, Some(empty)), page(None, Some(full))]).collect()
}
