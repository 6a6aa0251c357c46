//! V2: what is sent is looked at here, whatever the browser did, and steps come one after the other.

use reqwest::StatusCode;
use shop::{
    accounts::{EMAIL_MAX, NAME_MAX, closures::REASON_MAX},
    blocklists::{self, TERM_MAX, TERMS_MAX},
    credits::{self, GIVE_MAX},
    generations::{COUNT_MAX, PROMPT_MAX},
    images::{self, REPORT_WORDS_MAX, TITLE_MAX},
    providers,
};
use web::{
    forms::BODY_MAX,
    pages::gallery::index::WORDS_MAX,
    passwords::{BYTES_MAX, CHARS_MIN},
    uploads::{DECODED_MAX, FILE_MAX, PIXELS_MAX, SIDE_MAX, SIDE_MIN},
};

use crate::{document, support::Shop};

#[test]
fn v2_1_1_the_rules_of_input_are_written_down() {
    let text = document::text();
    for (field, limit) in [
        ("e-mail address", EMAIL_MAX.to_string()),
        ("password", CHARS_MIN.to_string()),
        ("password", BYTES_MAX.to_string()),
        ("sentence", PROMPT_MAX.to_string()),
        ("number of pictures", COUNT_MAX.to_string()),
        ("name", NAME_MAX.to_string()),
        ("reason of staff", REASON_MAX.to_string()),
        ("note of staff", providers::NOTE_MAX.to_string()),
        ("note of staff", credits::NOTE_MAX.to_string()),
        ("note of staff", blocklists::NOTE_MAX.to_string()),
        ("credits of staff", GIVE_MAX.to_string()),
        ("word of the blocklist", TERM_MAX.to_string()),
        ("word of the blocklist", TERMS_MAX.to_string()),
        ("any form", BODY_MAX.to_string()),
        ("picture brought along", format!("{} MB", FILE_MAX / (1024 * 1024))),
        ("picture brought along", SIDE_MIN.to_string()),
        ("picture brought along", SIDE_MAX.to_string()),
        ("picture brought along", format!("{} million", PIXELS_MAX / 1_000_000)),
        ("picture brought along", format!("{} MB", DECODED_MAX / 1_000_000)),
        ("title of a picture", TITLE_MAX.to_string()),
        ("report of a picture", REPORT_WORDS_MAX.to_string()),
        ("note to an owner", images::NOTE_MAX.to_string()),
        ("search", WORDS_MAX.to_string()),
    ] {
        let row = text.lines().any(|line| line.starts_with(&format!("| {field} |")) && line.contains(&limit));
        assert!(row, "docs/security.md does not say {limit} of the {field}");
    }
}

#[tokio::test]
async fn v2_3_1_no_step_is_taken_before_the_one_that_leads_to_it() {
    let shop = Shop::open().await;
    let mira = shop.member("mira@example.org").await;
    let (generation, image) = shop.drawn("mira@example.org", "a fox").await;
    let state = async || -> (String, String, bool) {
        sqlx::query_as("select g.state, i.visibility, i.deleted_at is not null from images i join generations g on g.id = i.generation_id where i.id = $1")
            .bind(image.0)
            .fetch_one(shop.db())
            .await
            .expect("a row")
    };
    let before = state().await;
    // It is finished and not deleted: there is nothing to cancel, and nothing to bring back.
    for path in [format!("/generations/{generation}/cancellation"), format!("/images/{image}/restoration")] {
        assert_eq!(mira.post(&path, &[]).await.status, StatusCode::SEE_OTHER, "{path}");
        assert_eq!(state().await, before, "{path}");
    }
    mira.post(&format!("/images/{image}/deletion"), &[]).await;
    let deleted = state().await;
    assert!(deleted.2);
    mira.post(&format!("/images/{image}/visibility"), &[("visibility", "published")]).await;
    assert_eq!(state().await, deleted, "what is deleted is not published");
    sqlx::query("update images set deleted_at = now() - interval '2 hours' where id = $1")
        .bind(image.0)
        .execute(shop.db())
        .await
        .expect("done");
    mira.post(&format!("/images/{image}/restoration"), &[]).await;
    assert!(state().await.2, "it is too late to bring it back");
}
