//! GET /products/{slug}

use std::{borrow::Cow, collections::HashMap};

use poem::{Response, handler};
use serde::Serialize;
use shop::{
    crops::Area,
    ids::{ImageId, VariantId},
    images::{self, Image, Order, Visibility, suggested_title},
    money::{Currency, Money},
    prices::{self, Price},
    products::{Product, ProductKind},
};
use tera::Value;

use super::{
    Slug,
    chips::{self, Chip},
    choosing::{Asked, Choice, Offer, offers},
    chosen::Chosen,
    facts::Facts,
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
        Some(choice) => Some(Chosen::new(&visit, &product, &image, choice, currency).await?),
        None => None,
    };
    let public = (image.visibility == Visibility::Published).then(|| hung_path(&image.title, image.card.id));
    let on = On::new(&visit, &image, &offers, choice.as_ref(), chosen, currency);
    visit.page(&Show::new(origin, about, Some((on, choice)), None, public.as_deref(), &offers, currency))
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
        Self {
            picture: if mine { visit.picture(&image.card) } else { visit.hung(&image.card) },
            caption: image.card.caption.clone(),
            back: if mine {
                Back { href: format!("/images/{id}"), text: "Your picture" }
            } else {
                Back { href: hung_path(&image.title, id), text: "The picture" }
            },
            mine,
            sizes: chips::sizes(offers, choice, picture, currency),
            finishes: chips::finishes(offers, choice),
            orientations: choice.map(chips::orientations).unwrap_or_default(),
            places: choice.map(chips::places).unwrap_or_default(),
            choice: chosen,
        }
    }
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
        let name = match &on {
            Some(on) => format!("{}: {}", product.title, suggested_title(&on.caption)),
            None => product.title.clone(),
        };
        let facts = Facts {
            name: &name,
            description: &product.description,
            url: &url,
            image: shared.as_ref().map(|shared| shared.url.as_str()),
            currency,
        };
        let facts = in_script(&facts.json(choice.as_ref(), offers));
        Self { product, on, choose, facts, shared, canonical }
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
    let page = |on: Option<On>, choose| {
        let public = on.as_ref().map(|_| "/gallery/a-fox-0");
        let on = on.map(|on| (on, None));
        Show::new("https://shop.example", about(ProductKind::Poster), on, choose, public, &[], Currency::Eur)
    };
    let offered = || -> Vec<Offered> {
        let href = "/products/poster?image=0".to_owned();
        Picture::samples().into_iter().map(|picture| Offered { picture, href: href.clone() }).collect()
    };
    let choices = Chosen::samples().into_iter().map(Some).chain([None]);
    let with = choices.zip(Picture::samples().into_iter().cycle());
    let with = with.map(|(choice, picture)| page(Some(on(picture, choice)), None));
    let empty = Choose { missing: true, own: vec![], gallery: vec![] };
    let full = Choose { missing: false, own: offered(), gallery: offered() };
    with.chain([page(None, Some(empty)), page(None, Some(full))]).collect()
}
