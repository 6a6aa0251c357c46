//! Every letter, in both its forms.

use std::{collections::BTreeSet, path::Path};

use chrono::NaiveDate;
use shop::{
    addresses::Texts,
    crops::{Crop, Orientation},
    ids::{AccountId, ExportId, GenerationId, ImageId, OrderId, OrderLineId},
    images::Outcome,
    mails::{Letter, MailKind, Outgoing},
    money::Currency,
    orders::{Bill, EndReason, Hold, Line, Order, OrderStatus, PaymentStatus},
    products::ProductKind,
    providers::Pause,
    shipping::ShippingMethod,
};
use strum::VariantArray;
use uuid::Uuid;
use worker::letters::{Letters, Rendered};

const TOKEN: &str = "dG9rZW4tdG9rZW4tdG9rZW4tdG9rZW4tdG9rZW4tdG8";
const HOSTILE: &str = "<script>alert(1)</script>\r\nBcc: x@example.org";

fn id() -> Uuid {
    "0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11".parse().expect("an id")
}

fn letters() -> Vec<(Letter, &'static str)> {
    let new_email = "<b>mira</b>@example.net".to_owned();
    let browser = Some("ab".repeat(32));
    vec![
        (Letter::VerifyEmail { next: "/x".to_owned(), browser }, "/verifications/"),
        (Letter::AccountExists, "/sign-in"),
        (Letter::ResetPassword, "/password-resets/"),
        (Letter::PasswordChanged, "/password-resets/new"),
        (Letter::ConfirmNewEmail, "/email-changes/"),
        (Letter::EmailChangeAsked { new_email: new_email.clone() }, "/account/password"),
        (Letter::EmailChanged { new_email }, ""),
        (Letter::SecondFactorChanged { on: true }, "/account/second-factor"),
        (Letter::SecondFactorChanged { on: false }, "/account/second-factor"),
        (Letter::RoleChanged { role: "manager".to_owned() }, "/account"),
        (Letter::RoleChanged { role: "customer".to_owned() }, "/account"),
        (Letter::ExportReady { export_id: ExportId(id()) }, "/account/exports"),
        (
            Letter::ErasureScheduled { erase_at: "2026-12-08T09:05:00Z".parse().expect("a moment") },
            "/account/deletion",
        ),
        (Letter::ErasureCalledOff, "/account"),
        (Letter::Erased, ""),
        (
            Letter::PicturesReady { generation_id: GenerationId(id()) },
            "/generations/0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11",
        ),
        (
            Letter::PicturesFailed { generation_id: GenerationId(id()) },
            "/generations/0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11",
        ),
        (reviewed(Outcome::Hung), "/images/0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11"),
        (reviewed(Outcome::SentBack), "/images/0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11"),
        (reviewed(Outcome::TakenDown), "/images/0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11"),
        (paused(Pause::Billing), "/admin/providers"),
        (paused(Pause::Configuration), "/admin/providers"),
        (paused(Pause::OwnCap), "/admin/providers"),
        (paused(Pause::Staff), "/admin/providers"),
        (
            Letter::SpendingNearCap {
                provider: "OpenAI".to_owned(),
                period: "day".to_owned(),
                spent_microdollars: 40_050_000,
                cap_microdollars: 50_000_000,
            },
            "/admin/providers",
        ),
        (
            Letter::AccountInReview { account_id: AccountId(id()) },
            "/admin/accounts/0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11",
        ),
        (
            Letter::RequestRejected { provider: "OpenAI".to_owned(), detail: "invalid_value".to_owned() },
            "/admin/providers",
        ),
        (retires(Some("2027-01-31".parse().expect("a day"))), "/admin/providers"),
        (retires(None), "/admin/providers"),
    ]
    .into_iter()
    .chain(of_orders())
    .collect()
}

fn of_orders() -> Vec<(Letter, &'static str)> {
    const ORDER: &str = "/orders/0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11/access/";
    const OFFICE: &str = "/admin/orders/0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11";
    let (order_id, currency) = (OrderId(id()), Currency::Eur);
    let called_off = |reason| (Letter::OrderCalledOff { order_id, reason }, ORDER);
    let mut letters = vec![
        (Letter::OrderReceived { order_id }, ORDER),
        (Letter::OrderPaid { order_id }, ORDER),
        (Letter::OrderPaymentFailed { order_id }, ORDER),
        (Letter::OrderExpired { order_id }, ORDER),
        called_off(EndReason::ByCustomer),
        called_off(EndReason::AlreadyPaid),
        (Letter::OrderRefunded { order_id, amount: 1_250, currency }, ORDER),
        (Letter::OrderLink { order_id }, ORDER),
        (Letter::OrderDisputed { order_id, amount: 2_990, currency }, OFFICE),
        (Letter::OrderRefundFailed { order_id, amount: 1_250, currency }, OFFICE),
    ];
    letters.extend(Hold::VARIANTS.iter().map(|hold| (Letter::OrderHeld { order_id, hold: *hold }, OFFICE)));
    letters
}

/// An order with everything that can be in one.
fn order() -> Order {
    let text = |text: &str| text.to_owned();
    let at = "2026-12-08T09:05:00Z".parse().expect("a moment");
    let line = |title: &str, size: &str, finish: &str| Line {
        id: OrderLineId(id()),
        product_kind: ProductKind::Poster,
        product_title: text(title),
        sku: text("PO-30-MA"),
        size: text(size),
        finish: text(finish),
        caption: text(HOSTILE),
        orientation: Orientation::Portrait,
        crop: Crop::ALL,
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
        id: OrderId(id()),
        number: 10_001,
        account_id: None,
        email: text("mira@example.org"),
        status: OrderStatus::Confirmed,
        end_reason: None,
        payment_status: PaymentStatus::Paid,
        hold: None,
        sums: Bill {
            currency: Currency::Eur,
            subtotal: 3_000,
            discount: 300,
            shipping: 490,
            tax: 509,
            total: 3_190,
            tax_name: text("VAT"),
            tax_rate_bp: 1_900,
            tax_is_inclusive: true,
        },
        address: Some(Texts {
            country: text("DE"),
            name: text("Mira <b>mira</b>"),
            line1: text("Hafenweg 9"),
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
        lines: vec![line("Poster", "30 × 40 cm", "Matte"), line("Download", "", "")],
    }
}

fn paused(pause: Pause) -> Letter {
    Letter::ProviderPaused { provider: "OpenAI".to_owned(), pause, detail: "OPENAI_API_KEY".to_owned() }
}

fn reviewed(outcome: Outcome) -> Letter {
    Letter::PictureReviewed { image_id: ImageId(id()), outcome }
}

fn retires(retires_on: Option<NaiveDate>) -> Letter {
    let (model, setting) = ("gpt-image-2.6-flare".to_owned(), "OPENAI_IMAGE_MODEL".to_owned());
    Letter::ModelRetires { model, setting, retires_on }
}

fn open() -> Letters {
    let templates = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../templates"));
    let shop = "https://shop.example/".parse().expect("a URL");
    Letters::open(templates, &shop, false).expect("templates that parse")
}

fn outgoing(letter: Letter, name: &str) -> Outgoing {
    Outgoing {
        account_id: None,
        recipient: "mira@example.org".to_owned(),
        name: name.to_owned(),
        has_token: true,
        unsubscribe_token: letter.is_news().then(id),
        order: letter.order().map(|_| order()),
        letter,
    }
}

/// The link that has a line of its own in the text.
fn link(rendered: &Rendered) -> &str {
    rendered.text.lines().find(|line| line.starts_with("https://")).expect("a line with a link")
}

#[test]
fn every_letter_is_complete_in_both_forms() {
    let open = open();
    let mut kinds = BTreeSet::new();
    for (letter, path) in letters() {
        let (kind, news): (&str, bool) = (MailKind::from(&letter).into(), letter.is_news());
        kinds.insert(kind);
        let rendered = open
            .render(&outgoing(letter, HOSTILE), Some(TOKEN))
            .unwrap_or_else(|error| panic!("{kind}: {error:#}"));
        let Rendered { subject, text, html, unsubscribe } = &rendered;

        let token = if path.ends_with('/') { TOKEN } else { "" };
        let wanted = format!("https://shop.example{path}{token}");
        assert_eq!(link(&rendered), wanted, "{kind}");
        let markup = wanted.replace('/', "&#x2F;");
        assert!(
            html.contains(&format!("href=\"{wanted}\"")) || html.contains(&format!("href=\"{markup}\"")),
            "{kind}: {html}"
        );

        assert!(
            !subject.is_empty() && subject.chars().count() <= 78 && !subject.contains('\n'),
            "{kind}: {subject:?}"
        );
        assert!(
            text.starts_with("Hello ") && html.contains(&format!("<title>{subject}</title>")),
            "{kind}: {text}"
        );
        for part in [subject, text, html] {
            for left in ["{{", "}}", "{%", "%}", "{#", "None"] {
                assert!(!part.contains(left), "{kind} leaves {left}: {part}");
            }
        }
        // Everything on one line, and in markup as text.
        assert!(text.contains("Hello <script>alert(1)</script> Bcc: x@example.org,\n"), "{kind}: {text}");
        assert!(
            !html.contains("<script") && !html.contains("<b>mira") && html.contains("&lt;script&gt;"),
            "{kind}: {html}"
        );
        // Nothing is loaded from anywhere.
        for loading in ["<img", "<link", "url(", "@import", "src="] {
            assert!(!html.contains(loading), "{kind} loads something: {loading}");
        }
        assert_eq!(unsubscribe.is_some(), news, "{kind}");
        let turn_off = format!("https://shop.example/mail-preferences/{}", id());
        assert_eq!(text.contains(&turn_off), news, "{kind}");
        assert_eq!(html.contains("Turn them off"), news, "{kind}");
    }
    let all: BTreeSet<&str> = MailKind::VARIANTS.iter().map(|kind| <&str>::from(*kind)).collect();
    assert_eq!(kinds, all);
}

#[test]
fn a_receipt_has_what_was_bought_what_it_cost_and_where_it_goes() {
    let order_id = OrderId(id());
    let rendered =
        open().render(&outgoing(Letter::OrderPaid { order_id }, "Mira"), Some(TOKEN)).expect("words");
    for words in [
        "Order No. 10001 of 8 December 2026",
        "2 x Poster, 30 × 40 cm, Matte: €30.00",
        "Coupon SPRING: −€3.00",
        "Shipping: €4.90",
        "Total: €31.90",
        "of which 19% VAT: €5.09",
        "Hafenweg 9",
        "10115 Berlin",
        "within 4 to 8 working days",
    ] {
        assert!(rendered.text.contains(words), "{words}: {}", rendered.text);
    }
    assert!(rendered.html.contains("of which 19% VAT") && rendered.html.contains("Hafenweg 9"));
}

#[test]
fn only_a_receipt_has_words_of_the_customer_in_it() {
    for (letter, _) in of_orders() {
        let is_receipt = matches!(letter, Letter::OrderPaid { .. });
        let rendered = open().render(&outgoing(letter, ""), Some(TOKEN)).expect("words");
        for words in ["alert(1)", "Hafenweg"] {
            assert_eq!(rendered.text.contains(words), is_receipt, "{}", rendered.text);
            assert_eq!(rendered.html.contains(words), is_receipt, "{}", rendered.html);
        }
    }
}

#[test]
fn an_account_is_led_to_its_order_without_a_link_that_lets_anybody_in() {
    let order_id = OrderId(id());
    let rendered = open().render(&outgoing(Letter::OrderPaid { order_id }, "Mira"), None).expect("words");
    assert_eq!(link(&rendered), format!("https://shop.example/orders/{order_id}"));
}

#[test]
fn whoever_gave_no_name_is_greeted_all_the_same() {
    let rendered = open().render(&outgoing(Letter::AccountExists, ""), None).expect("words");
    assert!(rendered.text.starts_with("Hello,\n") && rendered.html.contains(">Hello,<"), "{}", rendered.text);
}

#[test]
fn a_moment_is_said_in_words() {
    let erase_at = "2026-12-08T09:05:00Z".parse().expect("a moment");
    let rendered =
        open().render(&outgoing(Letter::ErasureScheduled { erase_at }, "Mira"), None).expect("words");
    assert!(rendered.subject.contains("8 December 2026, 09:05 UTC"), "{}", rendered.subject);
}

#[test]
fn a_template_that_is_broken_or_missing_is_told_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let shop = "https://shop.example/".parse().expect("a URL");
    assert!(Letters::open(folder.path(), &shop, false).is_err(), "there is no folder for mails");
    std::fs::create_dir(folder.path().join("mails")).expect("made");
    let missing = Letters::open(folder.path(), &shop, false).err().expect("an empty folder").to_string();
    assert!(missing.starts_with("there is no verify_email.txt"), "{missing}");
    std::fs::write(folder.path().join("mails/erased.txt"), "{% if %}").expect("written");
    assert!(Letters::open(folder.path(), &shop, false).is_err());
}

#[test]
fn what_became_of_a_picture_is_said_in_the_subject_and_the_text() {
    let told = |outcome| open().render(&outgoing(reviewed(outcome), "Mira"), None).expect("words");
    for (outcome, subject, text) in [
        (Outcome::Hung, "Your picture hangs in the gallery", "where everybody can see it"),
        (Outcome::SentBack, "Your picture does not hang in the gallery yet", "hand it in again"),
        (Outcome::TakenDown, "We took your picture out of the gallery", "It stays yours"),
    ] {
        let rendered = told(outcome);
        assert_eq!(rendered.subject, subject);
        assert!(rendered.text.contains(text) && rendered.html.contains(text), "{}", rendered.text);
    }
}
