//! GET /admin/coupons

use std::borrow::Cow;

use poem::{Response, handler};
use serde::Serialize;
use shop::{accounts::Role, coupons};

use super::Row;
use crate::{admission::Staff, error::Problem, pages::admin::Office, views::Page};

/// templates/admin/coupons/index.html
#[derive(Debug, Clone, Serialize)]
pub struct Index {
    office: Office,
    coupons: Vec<Row>,
}

impl Page for Index {
    const TEMPLATE: &'static str = "admin/coupons/index.html";

    fn title(&self) -> Cow<'_, str> {
        "Coupons".into()
    }

    fn samples() -> Vec<Self> {
        let page = |coupons| Self { office: Office::new(Role::Manager), coupons };
        vec![page(vec![]), page(Row::samples())]
    }
}

/// All coupons, newest first.
#[handler]
pub async fn show(visit: Staff) -> Result<Response, Problem> {
    let coupons = coupons::list(&visit.site.db).await?;
    let coupons = coupons.iter().map(|coupon| Row::new(coupon, visit.at())).collect();
    visit.page(&Index { office: Office::new(visit.role), coupons })
}
