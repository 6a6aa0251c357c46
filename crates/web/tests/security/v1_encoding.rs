//! V1: what people write stays text, and links lead where they should.

use reqwest::StatusCode;
use url::form_urlencoded::byte_serialize;

use crate::{
    sources::{files, none_says, programs},
    support::{PASSWORD, Shop},
};

const HOSTILE: [&str; 5] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' autofocus onfocus='alert(1)",
    "</textarea></title><svg onload=alert(1)>",
    "{{ shell.csrf }}{% include \"layout.html\" %}",
];

/// Spellings of another site that some browser, some parser or some proxy takes for one.
const ELSEWHERE: &[&str] = &[
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "//evil.example/%2f..",
    "//evil.example:443/path",
    "//user@evil.example",
    "//shop.example@evil.example",
    "//[::1]/",
    "//0x7f.1/",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "\t//evil.example",
    "/\0/evil.example",
    " //evil.example",
    "/\u{7f}/evil.example",
    "/\u{85}/evil.example",
    "http://evil.example",
    "https://evil.example",
    "HtTpS://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:\\\\evil.example",
    "ftp://evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "blob:https://evil.example/1",
    "evil.example",
    "www.evil.example/path",
    "@evil.example",
    ".evil.example",
    "?next=//evil.example",
    "#//evil.example",
    "/gallery\r\nLocation: https://evil.example",
    "/gallery\r\nSet-Cookie: sid=planted",
    "%2f%2fevil.example",
    "https%3A%2F%2Fevil.example",
];

/// Pages that go on to wherever `next` says, in their address and in their form.
const DOORS: [&str; 2] = ["/sign-in", "/sign-up"];

#[tokio::test]
async fn v1_2_1_what_people_write_is_shown_as_they_wrote_it() {
    let shop = Shop::open().await;
    let mira = shop.member("mira@example.org").await;
    for text in HOSTILE {
        let id = shop.queued("mira@example.org", text).await;
        let encoded: String = byte_serialize(text.as_bytes()).collect();
        for path in [
            format!("/generations/{id}"),
            format!("/generations/{id}/progress"),
            "/generations".to_owned(),
            format!("/generations/new?from={id}"),
            format!("/generations/new?prompt={encoded}"),
            format!("/sign-in?next=%2F{encoded}"),
            format!("/{encoded}"),
            format!("/gallery?after={encoded}"),
        ] {
            let answer = mira.get(&path).await;
            for raw in ["<script>alert", "<img src=x", "<svg onload", "onfocus='alert"] {
                assert!(!answer.text.contains(raw), "{path} has {raw}: {}", answer.text);
            }
            assert!(!answer.text.contains(&format!("<textarea{}", mira.csrf)), "{path} was rendered twice");
        }
    }
    let stranger = shop.stranger();
    for text in HOSTILE {
        let answer = stranger.post("/sign-in", &[("email", text), ("password", text), ("next", text)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!answer.text.contains(text), "{}", answer.text);
    }
}

#[tokio::test]
async fn v1_2_2_nobody_is_led_to_another_site() {
    assert!(ELSEWHERE.len() >= 30);
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let mira = shop.session(shop.account_id("mira@example.org").await).await;
    for (number, next) in ELSEWHERE.iter().enumerate() {
        let query: String = byte_serialize(next.as_bytes()).collect();
        for door in DOORS {
            // Signed in already: the door sends on at once.
            let answer = mira.get(&format!("{door}?next={query}")).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{door} {next:?}");
            assert!(
                ["/generations", "/generations/new"].contains(&answer.location()),
                "{door} {next:?}: {answer:?}"
            );
            // Not signed in: the form does not take it along, nor the link to the other door.
            let page = shop.browser().get(&format!("{door}?next={query}")).await;
            assert_eq!(page.status, StatusCode::OK, "{door} {next:?}");
            assert!(!page.text.contains("evil.example"), "{door} {next:?}: {}", page.text);
            assert!(page.text.contains("name=\"next\" value=\"\""), "{door} {next:?}: {}", page.text);
        }
        // The form was changed on its way.
        let browser = shop.browser_at(&format!("2001:db8:0:{number:x}::1"));
        let csrf = browser.csrf("/sign-in").await;
        let fields =
            [("csrf", csrf.as_str()), ("email", "mira@example.org"), ("password", PASSWORD), ("next", next)];
        let answer = browser.post("/sign-in", &fields).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/generations"), "{next:?}");
        assert!(answer.set_cookies().iter().all(|cookie| !cookie.contains("planted")), "{next:?}");
    }
}

#[test]
fn v1_2_2_every_page_that_goes_on_to_next_is_tried() {
    let pages = files("crates/web/src/pages", ".rs");
    let takes_next = pages.iter().filter(|(_, text)| text.contains("query(\"next\")")).count();
    assert_eq!(takes_next, DOORS.len(), "a page that reads `next` is missing from DOORS");
    // Whatever `next` is read from passes the one check.
    for (path, text) in &pages {
        let read = text.matches("query(\"next\")").count() + text.matches("text(\"next\")").count();
        let checked = text.matches("doors::local_path").count();
        assert!(read <= checked, "{} reads next without local_path", path.display());
    }
}

#[test]
fn v1_2_3_no_page_builds_a_script() {
    for (path, text) in files("templates", ".html") {
        for (at, _) in text.match_indices("<script") {
            let tag = &text[at..at + text[at..].find('>').expect("an end")];
            assert!(tag.contains(" src="), "{} has a script in the page", path.display());
        }
        let inline = ["onclick=", "onload=", "onerror=", "onsubmit=", "javascript:", "srcdoc="];
        for word in inline {
            assert!(!text.contains(word), "{} has {word}", path.display());
        }
        assert!(!text.contains("| safe"), "{} shows something unescaped", path.display());
    }
}

#[test]
fn v1_2_4_every_query_is_written_out_and_takes_its_values_apart() {
    for (path, text) in programs() {
        // The macros take a literal, which Postgres checks when the program is built.
        for word in [
            "sqlx::query(",
            "query_with(",
            "query_as(",
            "query_scalar(",
            "raw_sql(",
            "AssertSqlSafe",
            "QueryBuilder",
        ] {
            assert!(!text.contains(word), "{} builds a query with {word}", path.display());
        }
        let is_model = path.to_string_lossy().contains("crates/shop/");
        assert!(is_model || !text.contains("sqlx::query"), "{} has SQL in it", path.display());
    }
}

#[tokio::test]
async fn v1_2_4_sql_in_a_field_is_a_text_like_any_other() {
    let shop = Shop::open().await;
    let mira = shop.member("mira@example.org").await;
    for text in
        ["' or 1=1 --", "'; drop table accounts; --", "\\'; select pg_sleep(5); --", "$1", "%' or '%'='"]
    {
        let stranger = shop.stranger();
        let answer = stranger.post("/sign-in", &[("email", &format!("{text}@x")), ("password", text)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{text}");
        let query: String = byte_serialize(text.as_bytes()).collect();
        for path in [
            format!("/gallery?after={query}"),
            format!("/generations?before={query}"),
            format!("/images/{query}"),
        ] {
            assert_eq!(mira.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
    assert_eq!(shop.rows().await[0], 1);
}

#[test]
fn v1_2_5_no_program_starts_another() {
    none_says(&["std::process::Command", "process::Command", "tokio::process", "Command::new"]);
}

#[test]
fn v1_3_2_nothing_that_people_write_is_run() {
    for (path, text) in files("assets", "app.js") {
        for word in ["eval(", "new Function", "setTimeout(\"", "setInterval(\""] {
            assert!(!text.contains(word), "{} says {word}", path.display());
        }
    }
    none_says(&["one_off(", "render_str("]);
}
