//! The states in SQL and in Rust are the same, in both directions.

use std::collections::BTreeSet;

use shop::{
    accounts::Role,
    coupons::{CouponKind, UseState},
    credits::{HoldState, Reason},
    crops::Orientation,
    exports::ExportState,
    generations::{CallState, GenerationState, PROMPT_MAX, Quality, Size, Style},
    images::{
        self, Format, ImageState, REPORT_WORDS_MAX, ReportReason, ReportVerdict, TITLE_MAX, Visibility,
    },
    mails::{MailKind, MailState},
    mockups::MockupState,
    orders::{EndReason, Hold, OrderStatus, PaymentStatus, events::OrderEventKind},
    payments::{LedgerKind, SessionState},
    price_lists::{AMOUNT_MAX, NAME_MAX, PRIORITY_MAX, PriceListState},
    products::ProductKind,
    providers::Pause,
    queue::Outcome,
    reconciliation::{FindingKind, Resolution},
    schedules::{RunOutcome, Upkeep},
    shipping::ShippingMethod,
    sources::SourceState,
    strikes::{Source, Verdict},
    testing::Database,
    tokens::Purpose,
};
use strum::VariantArray;

fn rust<E: VariantArray + Copy>() -> BTreeSet<String>
where
    &'static str: From<E>,
{
    E::VARIANTS.iter().map(|variant| <&str>::from(*variant).to_owned()).collect()
}

/// The words of `check (x in ('a', 'b'))`, as Postgres writes it back.
async fn sql(database: &Database, constraint: &str) -> BTreeSet<String> {
    let definition: String =
        sqlx::query_scalar("select pg_get_constraintdef(oid) from pg_constraint where conname = $1")
            .bind(constraint)
            .fetch_one(&database.pool)
            .await
            .unwrap_or_else(|error| panic!("no constraint {constraint}: {error}"));
    definition.split('\'').skip(1).step_by(2).map(str::to_owned).collect()
}

#[tokio::test]
async fn every_known_word_is_known_to_both() {
    let database = Database::new().await;
    for (constraint, words) in [
        ("accounts_role_known", rust::<Role>()),
        ("generations_state_known", rust::<GenerationState>()),
        ("generations_style_known", rust::<Style>()),
        ("generations_size_known", rust::<Size>()),
        ("provider_calls_state_known", rust::<CallState>()),
        ("images_state_known", rust::<ImageState>()),
        ("images_visibility_known", rust::<Visibility>()),
        ("images_format_known", rust::<Format>()),
        ("reports_reason_known", rust::<ReportReason>()),
        ("reports_verdict_known", rust::<ReportVerdict>()),
        ("job_attempts_outcome_known", rust::<Outcome>()),
        ("generations_quality_known", rust::<Quality>()),
        ("providers_pause_known", rust::<Pause>()),
        ("credit_entries_reason_known", rust::<Reason>()),
        ("credit_holds_state_known", rust::<HoldState>()),
        ("strikes_source_known", rust::<Source>()),
        ("strikes_verdict_known", rust::<Verdict>()),
        ("source_images_state_known", rust::<SourceState>()),
        ("mails_kind_known", rust::<MailKind>()),
        ("mails_state_known", rust::<MailState>()),
        ("account_tokens_purpose_known", rust::<Purpose>()),
        ("exports_state_known", rust::<ExportState>()),
        ("schedules_name_known", rust::<Upkeep>()),
        ("schedules_outcome_known", rust::<RunOutcome>()),
        ("reconciliation_findings_kind_known", rust::<FindingKind>()),
        ("reconciliation_findings_resolution_known", rust::<Resolution>()),
        ("products_kind_known", rust::<ProductKind>()),
        ("order_lines_product_kind_known", rust::<ProductKind>()),
        ("cart_lines_orientation_known", rust::<Orientation>()),
        ("order_lines_orientation_known", rust::<Orientation>()),
        ("mockups_orientation_known", rust::<Orientation>()),
        ("shipping_rates_method_known", rust::<ShippingMethod>()),
        ("checkouts_method_known", rust::<ShippingMethod>()),
        ("orders_method_known", rust::<ShippingMethod>()),
        ("price_lists_state_known", rust::<PriceListState>()),
        ("coupons_kind_known", rust::<CouponKind>()),
        ("coupon_uses_state_known", rust::<UseState>()),
        ("mockups_state_known", rust::<MockupState>()),
        ("orders_status_known", rust::<OrderStatus>()),
        ("orders_end_reason_known", rust::<EndReason>()),
        ("orders_payment_status_known", rust::<PaymentStatus>()),
        ("orders_hold_known", rust::<Hold>()),
        ("order_events_kind_known", rust::<OrderEventKind>()),
        ("payment_sessions_state_known", rust::<SessionState>()),
        ("ledger_entries_kind_known", rust::<LedgerKind>()),
    ] {
        assert_eq!(sql(&database, constraint).await, words, "{constraint}");
    }
}

#[tokio::test]
async fn no_check_of_known_words_is_without_its_enum() {
    let database = Database::new().await;
    let checked: Vec<String> =
        sqlx::query_scalar("select conname from pg_constraint where conname like '%\\_known' order by 1")
            .fetch_all(&database.pool)
            .await
            .expect("the catalogue");
    assert_eq!(checked.len(), 45, "a new one belongs into the list above: {checked:?}");
}

#[tokio::test]
async fn the_longest_sentence_is_the_same_for_both() {
    let database = Database::new().await;
    let definition: String = sqlx::query_scalar(
        "select pg_get_constraintdef(oid) from pg_constraint where conname = 'generations_prompt_length'",
    )
    .fetch_one(&database.pool)
    .await
    .expect("the constraint");
    assert_eq!(definition, format!("CHECK ((char_length(prompt) <= {PROMPT_MAX}))"));
}

#[tokio::test]
async fn the_longest_texts_about_pictures_are_the_same_for_both() {
    let database = Database::new().await;
    for (constraint, column, most) in [
        ("images_title_length", "title", TITLE_MAX),
        ("images_review_note_length", "review_note", images::NOTE_MAX),
        ("reports_words_length", "words", REPORT_WORDS_MAX),
    ] {
        let definition: String =
            sqlx::query_scalar("select pg_get_constraintdef(oid) from pg_constraint where conname = $1")
                .bind(constraint)
                .fetch_one(&database.pool)
                .await
                .expect("the constraint");
        assert_eq!(definition, format!("CHECK ((char_length({column}) <= {most}))"));
    }
}

#[tokio::test]
async fn what_a_price_list_may_be_is_the_same_for_both() {
    let database = Database::new().await;
    for (constraint, expected) in [
        (
            "price_lists_name_length",
            format!("CHECK (((char_length(name) >= 1) AND (char_length(name) <= {NAME_MAX})))"),
        ),
        ("price_lists_priority_range", format!("CHECK (((priority >= 0) AND (priority <= {PRIORITY_MAX})))")),
        ("prices_amount_range", format!("CHECK (((amount >= 1) AND (amount <= {AMOUNT_MAX})))")),
    ] {
        let definition: String =
            sqlx::query_scalar("select pg_get_constraintdef(oid) from pg_constraint where conname = $1")
                .bind(constraint)
                .fetch_one(&database.pool)
                .await
                .expect("the constraint");
        assert_eq!(definition, expected, "{constraint}");
    }
}

#[tokio::test]
async fn a_replaced_fetch_is_noticed() {
    let database = Database::new().await;
    shop::schema::check(&database.pool).await.expect("ours");
    sqlx::raw_sql(
        "create or replace function apalis.get_jobs(worker_id text, v_job_type text, v_job_count integer default 5)
         returns setof apalis.jobs language sql as 'select * from apalis.jobs limit 0'",
    )
    .execute(&database.pool)
    .await
    .expect("replaced");
    let refusal = shop::schema::check(&database.pool).await.expect_err("not ours");
    assert!(matches!(refusal, shop::schema::SchemaError::ForeignFetch { .. }), "{refusal}");
}
