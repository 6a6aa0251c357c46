//! What pictures are put on: products, and their variants, each a size in a finish.

mod choices;

pub use choices::{Choice, choices};
use serde::Serialize;
use sqlx::PgPool;

use crate::{
    crops::{Area, Crop, Orientation, Sharpness, effective_dpi},
    ids::{ProductId, VariantId},
};

/// What sort of thing it is: how its mock-up is drawn, and whether it is sent.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    sqlx::Type,
    strum::VariantArray,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ProductKind {
    /// A sheet of paper.
    Poster,
    /// A sheet of paper in a frame.
    Framed,
    /// Canvas over a wooden frame.
    Canvas,
    /// A cup.
    Mug,
    /// A shirt.
    Tee,
    /// A file.
    Download,
}

/// A thing that pictures are put on.
#[derive(Debug, Clone)]
pub struct Product {
    /// Which one.
    pub id: ProductId,
    /// Its name in URLs.
    pub slug: String,
    /// What sort.
    pub kind: ProductKind,
    /// What it is called.
    pub title: String,
    /// A sentence for lists.
    pub summary: String,
    /// More of it.
    pub description: String,
    /// Working days until it leaves the house: at least, at most.
    pub days: (i16, i16),
    /// Those that are sold, in order.
    pub variants: Vec<Variant>,
}

/// A thing that can be bought.
#[derive(Debug, Clone)]
pub struct Variant {
    /// Which one.
    pub id: VariantId,
    /// What it is a variant of.
    pub product_id: ProductId,
    /// Its name for the warehouse.
    pub sku: String,
    /// As the customer chooses by it.
    pub size: String,
    /// As the customer chooses by it.
    pub finish: String,
    /// What the mock-up is drawn with.
    pub finish_code: String,
    /// The printed area in millimetres and in the pixels that the printer wants, as the catalogue has it. A file has none.
    pub print: Option<Print>,
    /// Whether it can be turned to lie across.
    pub turns: bool,
    /// In grams.
    pub weight_g: i32,
    /// Whether it is sold.
    pub is_active: bool,
}

/// The printed area of a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Print {
    /// In millimetres.
    pub area_mm: Area,
    /// In pixels.
    pub pixels: Area,
    /// Printed beyond it on each side, in millimetres.
    pub bleed_mm: i16,
    /// Pixels an inch from which nothing is said.
    pub good_dpi: i16,
    /// Pixels an inch from which a note is enough.
    pub fair_dpi: i16,
    /// Pixels an inch below which it is not sold.
    pub min_dpi: i16,
}

impl Print {
    /// The printed area in millimetres, the way it hangs.
    pub fn hung(&self, orientation: Orientation) -> Area {
        self.area_mm.turned(orientation)
    }

    /// Whether a part of a picture is sharp enough for it, and how many pixels an inch it has.
    pub fn sharpness(&self, picture: Area, crop: Crop, orientation: Orientation) -> (Sharpness, i32) {
        let dpi = effective_dpi(picture, crop, self.hung(orientation));
        let sharpness = if dpi >= i32::from(self.good_dpi) {
            Sharpness::Good
        } else if dpi >= i32::from(self.fair_dpi) {
            Sharpness::Fair
        } else if dpi >= i32::from(self.min_dpi) {
            Sharpness::Low
        } else {
            Sharpness::TooLow
        };
        (sharpness, dpi)
    }
}

struct Row {
    id: VariantId,
    product_id: ProductId,
    sku: String,
    size: String,
    finish: String,
    finish_code: String,
    width_mm: Option<i32>,
    height_mm: Option<i32>,
    print_width: Option<i32>,
    print_height: Option<i32>,
    bleed_mm: i16,
    turns: bool,
    good_dpi: i16,
    fair_dpi: i16,
    min_dpi: i16,
    weight_g: i32,
    is_active: bool,
}

impl From<Row> for Variant {
    fn from(row: Row) -> Self {
        let area = |width: Option<i32>, height: Option<i32>| Some(Area { width: width?, height: height? });
        let print = area(row.width_mm, row.height_mm).zip(area(row.print_width, row.print_height));
        Self {
            id: row.id,
            product_id: row.product_id,
            sku: row.sku,
            size: row.size,
            finish: row.finish,
            finish_code: row.finish_code,
            print: print.map(|(area_mm, pixels)| Print {
                area_mm,
                pixels,
                bleed_mm: row.bleed_mm,
                good_dpi: row.good_dpi,
                fair_dpi: row.fair_dpi,
                min_dpi: row.min_dpi,
            }),
            turns: row.turns,
            weight_g: row.weight_g,
            is_active: row.is_active,
        }
    }
}

/// All products that are sold, in order, with their variants.
pub async fn list(db: &PgPool) -> sqlx::Result<Vec<Product>> {
    let mut products: Vec<Product> = sqlx::query!(
        r#"select id as "id: ProductId", slug, kind as "kind: ProductKind", title, summary, description, days_min, days_max
           from products where is_active order by position, id"#
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| Product {
        id: row.id,
        slug: row.slug,
        kind: row.kind,
        title: row.title,
        summary: row.summary,
        description: row.description,
        days: (row.days_min, row.days_max),
        variants: Vec::new(),
    })
    .collect();
    let variants = sqlx::query_as!(
        Row,
        r#"select id as "id: VariantId", product_id as "product_id: ProductId", sku, size, finish, finish_code, width_mm, height_mm,
                  print_width, print_height, bleed_mm, turns, good_dpi, fair_dpi, min_dpi, weight_g, is_active
           from variants where is_active order by position, id"#
    )
    .fetch_all(db)
    .await?;
    for variant in variants {
        if let Some(product) = products.iter_mut().find(|product| product.id == variant.product_id) {
            product.variants.push(variant.into());
        }
    }
    Ok(products)
}

/// A product that is sold, with its variants.
pub async fn find(db: &PgPool, slug: &str) -> sqlx::Result<Option<Product>> {
    Ok(list(db).await?.into_iter().find(|product| product.slug == slug))
}
