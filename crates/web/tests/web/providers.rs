//! What staff read of the providers, and what they do about them.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use shop::{
    Cause,
    accounts::Role,
    providers::{self, OPENAI, Provider, Trouble},
};
use tokio::time::Instant;

use crate::{
    office::{entries, post},
    support::Shop,
};

const PAGE: &str = "/admin/providers";

async fn provider(shop: &Shop) -> Provider {
    providers::all(shop.db()).await.expect("read").remove(0)
}

async fn pause(shop: &Shop, trouble: &Trouble) {
    let cause = Cause::now(None);
    providers::report(shop.db(), &cause, OPENAI, cause.at, trouble).await.expect("paused");
}

/// What was done to providers: requests in these tests need credits, which somebody gave.
async fn deeds(shop: &Shop) -> Vec<(String, Value, Value)> {
    entries(shop).await.into_iter().filter(|(action, ..)| action.starts_with("provider.")).collect()
}

fn billing() -> Trouble {
    Trouble::Billing { code: "billing_hard_limit_reached".to_owned() }
}

#[tokio::test]
async fn a_billing_limit_is_read_in_words_and_tried_when_staff_say_so() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    shop.queued("mira@example.org", "a fox at dawn").await;
    let manager = shop.staff(Role::Manager).await;
    let page = manager.get(PAGE).await;
    for words in
        ["Working", "<dt>Requests that wait</dt><dd>1</dd>", "none yet", "as many calls as there are"]
    {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert!(!page.text.contains("Try now") && !page.text.contains("a fox at dawn"), "{}", page.text);
    assert!(!manager.get("/admin").await.text.contains("is-problem"));

    pause(&shop, &billing()).await;
    let page = manager.get(PAGE).await;
    for words in ["Paused: billing limit", "billing_hard_limit_reached", "Try now", "Stay paused"] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert!(!page.text.contains("none yet"), "a mail told the manager: {}", page.text);
    let overview = manager.get("/admin").await.text;
    assert!(
        overview.contains(
            "<p class=\"matter-count\">1</p>\n    <h2><a href=\"/admin/providers\">providers paused"
        ),
        "{overview}"
    );

    let before = provider(&shop).await.next_probe_at.expect("in a minute");
    assert!(before > Cause::now(None).at);
    let answer = post(&manager, "/admin/providers/openai/probe", &[]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, PAGE));
    assert!(provider(&shop).await.next_probe_at.expect("now") <= Cause::now(None).at);
    let page = manager.get(PAGE).await;
    assert!(page.text.contains("at any moment") && page.text.contains("is tried now"), "{}", page.text);

    post(&manager, "/admin/providers/openai/stay", &[]).await;
    assert_eq!(provider(&shop).await.next_probe_at, None);
    let page = manager.get(PAGE).await;
    assert!(
        page.text.contains("not before you say so") && !page.text.contains(">Stay paused<"),
        "{}",
        page.text
    );

    // What does not fit changes nothing: it is no pause of staff's, and it does not work.
    for (noun, fields) in [("resumption", &[][..]), ("pause", &[("reason", "a stroll")][..])] {
        let answer = post(&manager, &format!("/admin/providers/openai/{noun}"), fields).await;
        assert_eq!(answer.location(), PAGE, "{noun}");
        assert!(manager.get(PAGE).await.text.contains("nothing to change any more"), "{noun}");
    }
    let entries = deeds(&shop).await;
    assert_eq!(
        entries.iter().map(|entry| entry.0.as_str()).collect::<Vec<_>>(),
        ["provider.try_now", "provider.stay_paused"]
    );
    assert!(entries[0].1["next_probe_at"].is_string() && entries[0].2["next_probe_at"].is_string());
    assert_ne!(entries[0].1, entries[0].2);
    assert_eq!((&entries[1].1, &entries[1].2), (&entries[0].2, &json!({ "next_probe_at": null })));
}

#[tokio::test]
async fn a_wrong_setting_is_named() {
    let shop = Shop::open().await;
    let manager = shop.staff(Role::Manager).await;
    let detail = "OPENAI_API_KEY: invalid_api_key".to_owned();
    pause(&shop, &Trouble::Configuration { detail }).await;
    let page = manager.get(PAGE).await;
    for words in [
        "Paused: a setting is wrong",
        "OPENAI_API_KEY: invalid_api_key",
        "start the workers again",
        "Try now",
        "Stay paused",
    ] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
}

#[tokio::test]
async fn staff_pause_a_provider_with_a_reason_and_end_that() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let request = shop.queued("mira@example.org", "a fox at dawn").await;
    let manager = shop.staff(Role::Manager).await;
    let path = "/admin/providers/openai/pause";
    let too_long = "x".repeat(301);
    for wrong in ["", " ", "a\0b", too_long.as_str()] {
        let answer = post(&manager, path, &[("reason", wrong)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
        for part in ["id=\"reason-error\"", "href=\"#reason\"", "id=\"reason\""] {
            assert!(answer.text.contains(part), "{wrong:?}: {part}");
        }
        assert!(
            answer.text.contains(wrong.trim_end_matches('b').trim_end_matches('\0')),
            "what was typed is kept"
        );
    }
    assert!(provider(&shop).await.pause.is_none());
    for _ in 0..2 {
        let answer = post(&manager, path, &[("reason", " prices <rose> ")]).await;
        assert_eq!(answer.location(), PAGE);
    }
    let page = manager.get(PAGE).await;
    for words in ["Paused by staff", "prices &lt;rose&gt;", "End the pause"] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert!(!page.text.contains("Try now") && !page.text.contains("name=\"reason\""), "{}", page.text);
    assert!(
        mira.get(&format!("/generations/{request}")).await.text.contains("Drawing is paused for a while")
    );
    for _ in 0..2 {
        post(&manager, "/admin/providers/openai/resumption", &[]).await;
    }
    assert!(manager.get(PAGE).await.text.contains("Working"));
    // Pages look at the line once a second, whoever asks.
    let deadline = Instant::now() + Duration::from_secs(5);
    while mira.get(&format!("/generations/{request}")).await.text.contains("paused") {
        assert!(Instant::now() < deadline, "the page still says that it is paused");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let paused = json!({ "pause": "staff", "note": "prices <rose>" });
    let (ended, begun) = (json!({ "pause": null }), json!({ "pause": null }));
    assert_eq!(
        deeds(&shop).await,
        [("provider.pause".to_owned(), begun, paused.clone()), ("provider.resume".to_owned(), paused, ended)],
        "each once"
    );
    let log = manager.get("/admin/audit").await.text;
    assert!(log.contains("ended the pause of provider openai"), "{log}");
}

#[tokio::test]
async fn whoever_prints_sees_it_and_steers_nothing() {
    let shop = Shop::open().await;
    pause(&shop, &billing()).await;
    let printer = shop.staff(Role::Production).await;
    let page = printer.get(PAGE).await;
    assert!(page.text.contains("Paused: billing limit"));
    assert!(!page.text.contains("action=\"/admin/providers"), "{}", page.text);
    let owner = shop.staff(Role::Owner).await;
    for noun in ["probe", "stay", "pause", "resumption"] {
        let path = format!("/admin/providers/{noun}");
        let fields = [("reason", "because")];
        let answer = post(&printer, &path.replace("providers/", "providers/openai/"), &fields).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{noun}");
        let answer = post(&owner, &path.replace("providers/", "providers/nobody/"), &fields).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{noun} of a provider that there is not");
    }
    assert!(entries(&shop).await.is_empty());
}

#[tokio::test]
async fn what_was_spent_is_told_by_day_and_by_model() {
    let shop = Shop::open().await;
    let manager = shop.staff(Role::Manager).await;
    assert!(manager.get(PAGE).await.text.contains("Nothing was spent within the last 14 days"));
    shop.customer("mira@example.org").await;
    shop.drawn("mira@example.org", "a fox at dawn").await;
    let answered = "update provider_calls set cost_microdollars = 2340000, model = 'a-model'";
    sqlx::query(answered).execute(shop.db()).await.expect("priced");
    let spend = "insert into provider_spending (provider, day, microdollars)
                 select 'openai', (now() at time zone 'utc')::date - back, 1230000 + back * 1000000 from unnest(array[0, 13, 14]) back
                 on conflict (provider, day) do update set microdollars = excluded.microdollars";
    sqlx::query(spend).execute(shop.db()).await.expect("spent");
    let page = manager.get(PAGE).await.text;
    assert!(page.contains("<dt>Today (UTC)</dt><dd>$1.23</dd>"), "{page}");
    let rest = page.split_once("By day").expect("days").1;
    assert_eq!(
        [rest.matches("$1.23").count(), rest.matches("$14.23").count(), rest.matches("$15.23").count()],
        [1, 1, 0]
    );
    assert!(page.contains("<dt>a-model</dt><dd>1 call, $2.34</dd>"), "{page}");
    assert!(!page.contains("a fox at dawn"));
}
