//! V1: what people write stays text, and links lead where they should.

use reqwest::StatusCode;
use shop::mails::MailKind;
use url::form_urlencoded::byte_serialize;

use crate::{
    sources::{files, none_says, programs},
    support::{Answer, PASSWORD, Shop},
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

/// Pages that go on to wherever `next` says in their address, and where they go without it whoever is let through.
const DOORS: [(&str, &str); 5] = [
    ("/sign-in", "/generations"),
    ("/sign-up", "/generations/new"),
    ("/sign-up/sent", "/generations/new"),
    ("/second-factor", "/generations"),
    // Whoever is signed in is asked here: see below.
    ("/confirmation", ""),
];
/// Forms that take it along: each is sent with every spelling below.
const FORMS: [&str; 6] =
    ["/sign-in", "/sign-up", "/verifications", "/second-factor", "/confirmation", "/cart/currency"];

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

/// Whether a page, and the form and links on it, lead nowhere but where they should.
fn leads_nowhere(page: &Answer, what: &str) {
    assert_eq!(page.status, StatusCode::OK, "{what}");
    assert!(!page.text.contains("evil.example"), "{what}: {}", page.text);
    assert!(page.text.contains("name=\"next\" value=\"\""), "{what}: {}", page.text);
}

#[tokio::test]
async fn v1_2_2_nobody_is_led_to_another_site() {
    assert!(ELSEWHERE.len() >= 30);
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let mira = shop.session(shop.account_id("mira@example.org").await).await;
    for (number, next) in ELSEWHERE.iter().enumerate() {
        let query: String = byte_serialize(next.as_bytes()).collect();
        for (door, onwards) in DOORS.into_iter().filter(|(_, onwards)| !onwards.is_empty()) {
            // Signed in already: the door sends on at once.
            let answer = mira.get(&format!("{door}?next={query}")).await;
            let went = (answer.status, answer.location());
            assert_eq!(went, (StatusCode::SEE_OTHER, onwards), "{door} {next:?}");
            // Not signed in: the form does not take it along, nor the link to the other door.
            let page = shop.browser().get(&format!("{door}?next={query}")).await;
            if door == "/second-factor" {
                assert_eq!(page.location(), "/sign-in?next=%2Fgenerations", "{next:?}");
            } else {
                leads_nowhere(&page, &format!("{door} {next:?}"));
            }
        }
        leads_nowhere(&mira.get(&format!("/confirmation?next={query}")).await, next);
        // The form was changed on its way.
        let answer = mira.post("/verifications", &[("next", next)]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/account"), "{next:?}");
        let answer = mira.post("/cart/currency", &[("currency", "EUR"), ("next", next)]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/cart"), "{next:?}");
        let browser = shop.browser_at(&format!("2001:db8:0:{number:x}::1"));
        let csrf = browser.csrf("/sign-in").await;
        let fields =
            [("csrf", csrf.as_str()), ("email", "mira@example.org"), ("password", PASSWORD), ("next", next)];
        let answer = browser.post("/sign-in", &fields).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/generations"), "{next:?}");
        assert!(answer.set_cookies().iter().all(|cookie| !cookie.contains("planted")), "{next:?}");
    }
}

#[tokio::test]
async fn v1_2_2_a_code_leads_nobody_to_another_site() {
    let shop = Shop::open().await;
    let email = "mira@example.org";
    let id = shop.member(email).await.account_id.expect("an account");
    let secret = shop.with_second_factor(email).await;
    for next in ELSEWHERE {
        // The password was given: a code is due.
        let mira = shop.session(id).await;
        let query: String = byte_serialize(next.as_bytes()).collect();
        leads_nowhere(&mira.get(&format!("/second-factor?next={query}")).await, next);
        let code = shop.code(email, &secret).await;
        let answer = mira.post("/second-factor", &[("code", &code), ("next", next)]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/generations"), "{next:?}");
        // The session goes on under another value, which its forms are tied to.
        let csrf = mira.browser.csrf("/confirmation").await;
        let code = shop.code(email, &secret).await;
        let answer =
            mira.browser.post("/confirmation", &[("csrf", &csrf), ("code", &code), ("next", next)]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"), "{next:?}");
    }
}

#[tokio::test]
async fn v1_2_2_a_link_in_a_mail_leads_nobody_to_another_site() {
    let shop = Shop::open().await;
    for (number, next) in ELSEWHERE.iter().enumerate() {
        let (one, other) = (shop.stranger(), shop.stranger());
        let here = shop.browser_at(&format!("2001:db8:0:{number:x}::1"));
        here.set_cookie("sid", &one.browser.cookie("sid").expect("a value"));
        let there = shop.browser_at(&format!("2001:db8:1:{number:x}::1"));
        there.set_cookie("sid", &other.browser.cookie("sid").expect("a value"));
        let email = format!("n{number}@example.org");
        let unknown = format!("u{number}@example.org");
        let opening =
            [("csrf", one.csrf.as_str()), ("email", &email), ("password", PASSWORD), ("next", next)];
        let asking = [("csrf", other.csrf.as_str()), ("email", &unknown), ("next", next)];
        // Both take their time, so that the clock tells nothing.
        let (opened, asked) =
            tokio::join!(here.post("/sign-up", &opening), there.post("/verifications", &asking));
        for answer in [opened, asked] {
            let went = (answer.status, answer.location());
            assert_eq!(went, (StatusCode::SEE_OTHER, "/sign-up/sent"), "{next:?}");
        }
    }
    let ways: Vec<String> =
        sqlx::query_scalar("select details ->> 'next' from mails where kind = 'verify_email'")
            .fetch_all(shop.db())
            .await
            .expect("mails");
    assert_eq!(ways.len(), ELSEWHERE.len());
    assert!(ways.iter().all(String::is_empty), "{ways:?}");
    // What stands in the database by another way is looked at once more.
    let link = shop.link("n0@example.org", MailKind::VerifyEmail).await;
    sqlx::query("update account_tokens set next = '//evil.example'")
        .execute(shop.db())
        .await
        .expect("changed");
    let browser = shop.browser();
    let csrf = browser.csrf(&link).await;
    let answer = browser.post(&link, &[("csrf", &csrf), ("password", PASSWORD)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/generations/new"));
}

#[test]
fn v1_2_2_every_page_that_goes_on_to_next_is_tried() {
    let pages = files("crates/web/src/pages", ".rs");
    let reading = |what: &str| pages.iter().filter(|(_, text)| text.contains(what)).count();
    assert_eq!(reading("query(\"next\")"), DOORS.len(), "a page that reads `next` is missing from DOORS");
    assert_eq!(
        reading("text(\"next\")"),
        FORMS.len(),
        "a form that takes `next` along is missing from FORMS"
    );
    // Whatever `next` is read from passes the one check.
    for (path, text) in &pages {
        let read = text.matches("query(\"next\")").count()
            + text.matches("text(\"next\")").count()
            + text.matches("token.next").count();
        let checked = text.matches("doors::local_path(").count() + text.matches("codes::next(").count();
        assert!(read <= checked, "{} reads next without local_path", path.display());
    }
    let codes = pages.iter().find(|(path, _)| path.ends_with("pages/codes.rs")).expect("codes.rs");
    assert!(codes.1.contains("doors::local_path("), "codes::next is the same check");
}

#[test]
fn v1_2_3_no_page_builds_a_script() {
    for (path, text) in files("templates", ".html") {
        for (at, _) in text.match_indices("<script") {
            let tag = &text[at..at + text[at..].find('>').expect("an end")];
            // What machines read is no script: browsers do not run it, and `in_script` (views.rs) writes it.
            let says_what_it_is =
                ["gallery/show.html", "products/show.html"].iter().any(|page| path.ends_with(page));
            let is_data = says_what_it_is && tag == r#"<script type="application/ld+json""#;
            assert!(is_data || tag.contains(" src="), "{} has a script in the page", path.display());
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
