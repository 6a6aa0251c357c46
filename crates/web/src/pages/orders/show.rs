//! GET /orders/{id} and GET /orders/{id}/progress

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use poem::{
    Request, Response, handler,
    http::{HeaderName, HeaderValue, header},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use shop::{
    addresses::Texts,
    crops::{Crop, Orientation},
    ids::{AccountId, OrderId, OrderLineId},
    money::Currency,
    orders::{self, Bill, EndReason, Line, Order, OrderStatus, PaymentStatus, SumRow},
    payments::{self, Session, SessionState},
    products::ProductKind,
    shipping::ShippingMethod,
};
use strum::VariantArray;
use uuid::Uuid;

use super::{Happened, Thing, seen};
use crate::{
    admission::{Guest, Id},
    error::Problem,
    flash::Flash,
    pictures::Cropped,
    views::{self, Page},
    visit::Visit,
};

/// Goes on to another page, for a script that asked for a part of this one.
const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");
/// What the provider's page leads back with when it has done its part.
const RETURNED: &str = "paid";

/// What an order waits for, as its page says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, VariantArray)]
#[serde(rename_all = "snake_case")]
enum Phase {
    /// The provider is being asked for a page.
    Opening,
    /// It can be paid.
    Open,
    /// The time to pay has run out, and the provider has not said yet what became of it.
    Closing,
    /// Its customer came back from paying, and the provider has not said so yet.
    Waiting,
    /// The money takes days.
    Processing,
    /// It is to be paid, and there is no page for it.
    Unpaid,
    /// It is paid.
    Paid,
    /// Staff look at it.
    Held,
    /// It was not paid in time.
    Expired,
    /// It will not be made.
    Cancelled,
}

/// On which way somebody looks at an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// They pressed a button that leads to paying. Only once: who comes back from there stays here.
    ToPay,
    /// They come from the provider's page, having done their part.
    FromPaying,
    /// Any other.
    Else,
}

impl Way {
    fn of(visit: &Visit) -> Self {
        if visit.query(RETURNED).is_some() {
            return Self::FromPaying;
        }
        if let Some(Flash::Order(flash)) = visit.flash()
            && flash.leads_to_payment()
        {
            return Self::ToPay;
        }
        Self::Else
    }
}

/// templates/orders/show.html
#[derive(Debug, Clone, Serialize)]
pub struct Show {
    order: Shown,
    poll_s: Option<u64>,
    /// What the part that changes is asked for with.
    poll_query: &'static str,
    /// Where a browser without scripts goes on to look.
    refresh: String,
    things: Vec<Thing>,
    sums: Vec<SumRow>,
    address: Vec<String>,
    timeline: Vec<Happened>,
}

/// templates/orders/_progress.html
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Progress(Show);

#[derive(Debug, Clone, Serialize)]
struct Shown {
    id: OrderId,
    number: i64,
    phase: Phase,
    total: String,
    email: String,
    is_guests: bool,
    placed_at: String,
    paid_at: Option<String>,
    expires_at: Option<String>,
    end_reason: Option<EndReason>,
    payment_status: PaymentStatus,
    problem: Option<String>,
    shipping: Option<&'static str>,
    days: Option<(i16, i16)>,
    can_be_called_off: bool,
}

impl Page for Show {
    const TEMPLATE: &'static str = "orders/show.html";
    const HAS_FORM: bool = true;
    const PLACE: Option<&'static str> = Some(super::PATH);

    fn title(&self) -> Cow<'_, str> {
        format!("Order No. {}", self.order.number).into()
    }

    fn samples() -> Vec<Self> {
        let mut samples: Vec<_> = Phase::VARIANTS.iter().map(|phase| sample(*phase)).collect();
        for reason in EndReason::VARIANTS {
            let mut cancelled = sample(Phase::Cancelled);
            cancelled.order.end_reason = Some(*reason);
            samples.push(cancelled);
        }
        for status in PaymentStatus::VARIANTS {
            let mut paid = sample(Phase::Paid);
            paid.order.payment_status = *status;
            paid.order.is_guests = false;
            samples.push(paid);
        }
        samples
    }
}

impl Page for Progress {
    const TEMPLATE: &'static str = "orders/_progress.html";

    fn title(&self) -> Cow<'_, str> {
        self.0.title()
    }

    fn samples() -> Vec<Self> {
        Show::samples().into_iter().map(Self).collect()
    }
}

/// An order: where it stands, what to do next, and everything that is in it.
#[handler]
pub async fn show(visit: Guest, Id(id): Id<OrderId>) -> Result<Response, Problem> {
    let page = watched(&visit, id).await?;
    // Whoever comes back from paying waits for us: the provider is asked, should its own word be late.
    if matches!(page.order.phase, Phase::Waiting | Phase::Closing) {
        payments::look(&visit.site.db, &visit.cause, id).await?;
    }
    visit.page(&page)
}

/// The part of it that changes. When what a page waited for is over, it goes on: to pay, if that was it, else to the whole page
/// anew, since what happened, the receipt and the cart are other ones then as well.
#[handler]
pub async fn progress(request: &Request, visit: Guest, Id(id): Id<OrderId>) -> Result<Response, Problem> {
    let page = watched(&visit, id).await?;
    let phase = page.order.phase;
    let goes_on = waited_for(&visit).filter(|waited_for| *waited_for != phase).map(|waited_for| {
        if waited_for == Phase::Opening && phase == Phase::Open {
            super::payment::path(id)
        } else {
            super::path(id)
        }
    });
    let html = visit.markup(&Progress(page))?;
    let etag = format!("\"{}\"", hex::encode(&Sha256::digest(&html)[..16]));
    let known =
        request.headers().get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let response = Response::builder()
        .header(header::CACHE_CONTROL, "private, no-cache")
        .header(header::ETAG, etag.as_str());
    if let Some(path) = goes_on {
        let to = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/"));
        return Ok(response.header(HX_REDIRECT, to).content_type("text/html; charset=utf-8").body(html));
    }
    Ok(if known {
        response.status(poem::http::StatusCode::NOT_MODIFIED).finish()
    } else {
        response.content_type("text/html; charset=utf-8").body(html)
    })
}

/// What the page that asks shows, by what it asks with.
fn waited_for(visit: &Visit) -> Option<Phase> {
    if visit.query(RETURNED).is_some() {
        return Some(Phase::Waiting);
    }
    match visit.query("from").as_deref() {
        Some("opening") => Some(Phase::Opening),
        Some("closing") => Some(Phase::Closing),
        Some(_) | None => None,
    }
}

/// The page, as it is now.
pub(super) async fn watched(visit: &Visit, id: OrderId) -> Result<Show, Problem> {
    let (_, order) = seen(visit, id).await?;
    let db = &visit.site.db;
    let session = payments::latest(db, id).await?;
    let way = Way::of(visit);
    let timeline = orders::timeline(db, id).await?;
    let things = Thing::all(visit, &order);
    let timeline = timeline.iter().map(Happened::new).collect();
    Ok(Show::new(&order, session.as_ref(), way, visit.at(), things, timeline))
}

fn phase(order: &Order, session: Option<&Session>, way: Way, at: DateTime<Utc>) -> Phase {
    if order.hold.is_some() {
        return Phase::Held;
    }
    match order.status {
        OrderStatus::Confirmed => Phase::Paid,
        OrderStatus::Cancelled => Phase::Cancelled,
        OrderStatus::Expired => Phase::Expired,
        OrderStatus::PendingPayment => session.map_or(Phase::Unpaid, |session| match session.state {
            SessionState::Opening => Phase::Opening,
            SessionState::Open if way == Way::FromPaying => Phase::Waiting,
            SessionState::Open if session.expires_at.is_some_and(|until| until <= at) => Phase::Closing,
            // Its page can be there before the order's own is: whoever pressed the button goes on to pay all the same.
            SessionState::Open if way == Way::ToPay => Phase::Opening,
            SessionState::Open => Phase::Open,
            SessionState::Processing => Phase::Processing,
            // What follows from it is written down in the same moment, or the next.
            SessionState::Complete => Phase::Waiting,
            SessionState::Expired | SessionState::Failed => Phase::Unpaid,
        }),
    }
}

/// How often the page asks, in seconds: while a machine is about to answer.
fn poll_seconds(phase: Phase) -> Option<u64> {
    match phase {
        Phase::Opening => Some(1),
        Phase::Waiting => Some(2),
        Phase::Closing => Some(5),
        Phase::Open
        | Phase::Processing
        | Phase::Unpaid
        | Phase::Paid
        | Phase::Held
        | Phase::Expired
        | Phase::Cancelled => None,
    }
}

impl Show {
    /// Whether the provider is still being asked for a page.
    pub(super) fn is_opening(&self) -> bool {
        self.order.phase == Phase::Opening
    }

    /// Whether it can be paid now.
    pub(super) fn is_open(&self) -> bool {
        self.order.phase == Phase::Open
    }

    fn new(
        order: &Order,
        session: Option<&Session>,
        way: Way,
        at: DateTime<Utc>,
        things: Vec<Thing>,
        timeline: Vec<Happened>,
    ) -> Self {
        let phase = phase(order, session, way, at);
        let is_open = phase == Phase::Open;
        let (poll_query, refresh) = match phase {
            Phase::Opening => ("from=opening", super::payment::path(order.id)),
            Phase::Waiting => ("paid=1", format!("{}?paid=1", super::path(order.id))),
            Phase::Closing => ("from=closing", super::path(order.id)),
            Phase::Open
            | Phase::Processing
            | Phase::Unpaid
            | Phase::Paid
            | Phase::Held
            | Phase::Expired
            | Phase::Cancelled => ("", super::path(order.id)),
        };
        Self {
            poll_s: poll_seconds(phase),
            poll_query,
            refresh,
            things,
            sums: order.sum_rows(),
            address: order.address_lines(),
            timeline,
            order: Shown {
                id: order.id,
                number: order.number,
                phase,
                total: order.sums.due().to_string(),
                email: order.email.clone(),
                is_guests: order.account_id.is_none(),
                placed_at: views::moment(order.placed_at),
                paid_at: order.paid_at.map(views::moment),
                expires_at: session
                    .filter(|_| is_open)
                    .and_then(|session| session.expires_at)
                    .map(views::moment),
                end_reason: order.end_reason,
                payment_status: order.payment_status,
                problem: session
                    .and_then(|session| session.problem.clone())
                    .filter(|_| phase == Phase::Unpaid),
                shipping: order.shipping_title(),
                days: order.days,
                can_be_called_off: matches!(phase, Phase::Opening | Phase::Open | Phase::Unpaid),
            },
        }
    }
}

/// An order with everything that can be in one.
pub fn sample_order() -> Order {
    let text = |text: &str| text.to_owned();
    let at = DateTime::UNIX_EPOCH;
    let line = |title: &str, orientation| Line {
        id: OrderLineId(Uuid::nil()),
        product_kind: ProductKind::Poster,
        product_title: text(title),
        sku: text("PO-30-MA"),
        size: text("30 × 40 cm"),
        finish: text("Matte"),
        caption: text("A <b>fox</b> & \"friends\" 🦊"),
        orientation,
        crop: Crop { left: 1_250, top: 0, width: 7_500, height: 10_000 },
        effective_dpi: Some(150),
        quantity: 2,
        unit: 1_500,
        subtotal: 3_000,
        discount: 300,
        tax: 431,
        total: 2_700,
        card: None,
    };
    Order {
        id: OrderId(Uuid::nil()),
        number: 10_001,
        account_id: Some(AccountId(Uuid::nil())),
        email: text("<mira>@example.org"),
        status: OrderStatus::PendingPayment,
        end_reason: None,
        payment_status: PaymentStatus::None,
        hold: None,
        sums: Bill {
            currency: Currency::Eur,
            subtotal: 3_000,
            discount: 300,
            shipping: 490,
            tax: 509,
            total: 3_190,
            tax_name: text("<b>fox"),
            tax_rate_bp: 1_900,
            tax_is_inclusive: true,
        },
        address: Some(Texts {
            country: text("DE"),
            name: text("<mira>"),
            line1: text("Gartenstraße 3"),
            city: text("Berlin"),
            postcode: text("10115"),
            ..Texts::default()
        }),
        shipping_method: Some(ShippingMethod::Standard),
        days: Some((4, 8)),
        coupon_code: Some(text("SPRING")),
        placed_at: at,
        paid_at: Some(at),
        ended_at: None,
        lines: vec![line("<b>fox", Orientation::Portrait), line("Poster", Orientation::Landscape)],
    }
}

/// Its things, one with a picture and one whose picture is gone.
pub fn sample_things(order: &Order) -> Vec<Thing> {
    let seen = [Some(Cropped::sample()), None];
    order.lines.iter().zip(seen).map(|(line, seen)| Thing::with(order, line, seen)).collect()
}

/// Something that happened.
pub fn sample_timeline() -> Vec<Happened> {
    vec![Happened { at: "2026-11-24T05:30:12Z".to_owned(), text: "You <again>.".to_owned() }]
}

fn sample(phase: Phase) -> Show {
    let order = sample_order();
    let mut page =
        Show::new(&order, None, Way::Else, order.placed_at, sample_things(&order), sample_timeline());
    page.order.phase = phase;
    page.order.is_guests = true;
    page.order.problem = (phase == Phase::Unpaid).then(|| "We <cannot>.".to_owned());
    page.order.expires_at = (phase == Phase::Open).then(|| "2026-11-24T05:30:12Z".to_owned());
    page.poll_s = poll_seconds(phase);
    page
}
