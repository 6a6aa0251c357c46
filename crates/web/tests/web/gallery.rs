//! The gallery, page by page.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use serde_json::Value;
use shop::{
    Cause,
    accounts::Role,
    images,
    sources::{self, Brought},
};
use web::config::Switch;

use crate::support::Shop;

#[tokio::test]
async fn pages_hold_every_picture_once_even_if_many_were_published_at_the_same_moment() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let (generation, _) = shop.stored("mira@example.org", "A <fox>").await;
    let account = shop.account_id("mira@example.org").await;
    // Sixty pictures at three moments, twenty at each.
    for number in 0..60 {
        let id = shop::ids::ImageId::new(Cause::now(None).at);
        sqlx::query(
            "with g as (insert into generations (id, account_id, client_key, prompt, style, size, count, state, created_at, finished_at)
                        values ($1, $2, $1, 'A <fox>', 'linocut', 'square', 1, 'ready', now(), now()) returning id)
             insert into images (id, generation_id, account_id, position, state, visibility, format, width, height, sha256, title, created_at, published_at)
             select $1, g.id, $2, 1, 'stored', 'published', 'png', 1024, 1024, $3, 'A <fox>', now(), '2026-11-24T00:00:00.123456Z'::timestamptz + $4 * interval '1 microsecond' from g",
        )
        .bind(id.0)
        .bind(account.0)
        .bind(vec![1_u8; 32])
        .bind(f64::from(number % 3))
        .execute(shop.db())
        .await
        .expect("a picture");
    }
    let browser = shop.browser();
    let (mut seen, mut next, mut pages) = (BTreeSet::new(), "/gallery".to_owned(), 0);
    loop {
        let page = browser.get(&next).await;
        pages += 1;
        for part in page.text.split("class=\"frame\" href=\"").skip(1) {
            let href = part.split('"').next().expect("an address").to_owned();
            assert!(seen.insert(href.clone()), "{href} is on two pages");
        }
        assert!(!page.text.contains("A <fox>"));
        assert_eq!(page.header("cache-control"), "no-cache");
        let Some(from) = page.text.find("/gallery?after=") else { break };
        next = page.text[from..].split('"').next().expect("an address").to_owned();
    }
    assert_eq!((pages, seen.len()), (3, 60));
    assert!(!seen.contains(&format!("/generations/{generation}")));
    assert_eq!(browser.cookies.lock().expect("no panic").len(), 0, "who only looks gets no cookie");
}

/// What machines read on a page about the picture: the size and type of what is shared, as tags and as facts say it, and what it
/// was made of.
fn shared(page: &str) -> [String; 6] {
    let facts = between(page, "<script type=\"application/ld+json\">", "</script>");
    let facts: Value = serde_json::from_str(facts).expect("JSON");
    let tag =
        |name: &str| between(page, &format!("property=\"og:image:{name}\" content=\""), "\"").to_owned();
    let [width, height] = ["width", "height"].map(|side| facts[side]["value"].to_string());
    let source = facts["digitalSourceType"].as_str().expect("a source").to_owned();
    assert_eq!(facts["encodingFormat"], tag("type"));
    [tag("width"), tag("height"), tag("type"), width, height, source]
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(after).expect("an end").0
}

#[tokio::test]
async fn a_picture_has_an_address_that_people_read_and_machines_understand() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let prompt = "A fox </script><script>alert(1)</script> & friends";
    let (image, path) = shop.published("mira@example.org", prompt, "Füchse im <Schnee>!").await;
    assert_eq!(path, format!("/gallery/fuchse-im-schnee-{}", images::short_id(image)));
    let guest = shop.browser();
    let page = guest.get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header("cache-control"), "no-cache");
    assert!(guest.cookie("sid").is_none(), "who only looks gets no cookie");
    assert!(page.text.contains("AI-generated") && !page.text.contains("<script>alert"), "{}", page.text);
    let url = format!("http://shop.example:8080{path}");
    for tag in [
        format!("<link rel=\"canonical\" href=\"{url}\">"),
        format!("<meta property=\"og:url\" content=\"{url}\">"),
        format!("<meta property=\"og:image\" content=\"{url}/card.jpg\">"),
        // As long as there is no card, it is the largest of the small versions.
        "<meta property=\"og:image:width\" content=\"960\">".to_owned(),
        "<meta property=\"og:image:height\" content=\"960\">".to_owned(),
        "<meta property=\"og:image:type\" content=\"image/jpeg\">".to_owned(),
        "<meta property=\"og:title\" content=\"Füchse im &lt;Schnee&gt;!\">".to_owned(),
        "<meta name=\"twitter:card\" content=\"summary_large_image\">".to_owned(),
        "<meta property=\"og:image:alt\" content=\"AI-generated picture: Füchse im &lt;Schnee&gt;!\">"
            .to_owned(),
    ] {
        assert!(page.text.contains(&tag), "{tag}: {}", page.text);
    }
    let facts = between(&page.text, "<script type=\"application/ld+json\">", "</script>");
    let facts: Value = serde_json::from_str(facts).expect("JSON");
    assert_eq!(facts["@type"], "ImageObject");
    assert_eq!(facts["caption"], prompt);
    assert_eq!(facts["digitalSourceType"], "https://schema.org/TrainedAlgorithmicMediaDigitalSource");
    assert_eq!(facts["contentUrl"], format!("{url}/card.jpg"));
    assert_eq!(facts["creditText"], "AI-generated, AI Gallery");

    // Other words in front of the same end lead there; another end leads nowhere.
    let short = images::short_id(image);
    for other in [format!("/gallery/{short}"), format!("/gallery/foxes-{short}")] {
        let led = guest.get(&other).await;
        assert_eq!((led.status, led.location()), (StatusCode::MOVED_PERMANENTLY, path.as_str()), "{other}");
    }
    for nowhere in ["/gallery/fuchse-im-schnee", "/gallery/0123456789abcdef", "/gallery/-", "/gallery/%E9%E9"]
    {
        assert_eq!(guest.get(nowhere).await.status, StatusCode::NOT_FOUND, "{nowhere}");
    }
}

#[tokio::test]
async fn the_card_of_a_link_needs_no_signature() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let (image, path) = shop.published("mira@example.org", "A fox", "A fox").await;
    let card = format!("{path}/card.jpg");
    let guest = shop.browser();
    let led_to = async || {
        let answer = guest.get(&card).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert_eq!(answer.header("cache-control"), "public, max-age=1800");
        answer.location().split('?').next().expect("an address").to_owned()
    };
    let stored = format!("http://storage.example:9000/pictures/images/{image}");
    assert_eq!(led_to().await, format!("{stored}/960.jpg"), "as long as there is none");
    images::card_made(shop.db(), image).await.expect("made");
    assert_eq!(led_to().await, format!("{stored}/card.jpg"));
    let owner = shop.account_id("mira@example.org").await;
    images::withdraw(shop.db(), owner, image).await.expect("answered").expect("taken out");
    assert_eq!(guest.get(&card).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_shared_is_as_large_as_machines_are_told() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let owner = shop.account_id("mira@example.org").await;
    let (_, image) = shop.drawn("mira@example.org", "A fox").await;
    let landscape = "update images set width = 1536, height = 1024";
    sqlx::query(landscape).execute(shop.db()).await.expect("another shape");
    images::submit(shop.db(), &Cause::now(None), owner, image, "A fox", false)
        .await
        .expect("answered")
        .expect("published");
    let path = web::pictures::hung_path("A fox", image);
    let guest = shop.browser();
    let words = "https://schema.org/TrainedAlgorithmicMediaDigitalSource";
    let told = |width: &str, height: &str, kind: &str, source: &str| {
        [width, height, kind, width, height, source].map(str::to_owned)
    };
    let page = async || shared(&guest.get(&path).await.text);
    assert_eq!(page().await, told("1536", "1024", "image/png", words), "on its way to storage");
    images::stored(shop.db(), &Cause::now(None), image).await.expect("stored");
    assert_eq!(page().await, told("1536", "1024", "image/png", words), "the picture itself");
    images::thumbnails_made(shop.db(), image, &[320, 640, 960]).await.expect("made");
    assert_eq!(page().await, told("960", "640", "image/jpeg", words), "a small version");
    images::card_made(shop.db(), image).await.expect("made");
    assert_eq!(page().await, told("1200", "630", "image/jpeg", words), "the card");

    // One that was made of a photograph says so.
    let brought = Brought { bytes: b"a jpeg".to_vec(), width: 64, height: 64, sha256: [1; 32] };
    let source = sources::stage(shop.db(), &Cause::now(None), owner, &brought).await.expect("staged");
    let made = "update generations set source_id = $1";
    sqlx::query(made).bind(source).execute(shop.db()).await.expect("made of it");
    let composite = "https://schema.org/CompositeWithTrainedAlgorithmicMediaDigitalSource";
    assert_eq!(page().await, told("1200", "630", "image/jpeg", composite));
    assert!(guest.get(&path).await.text.contains("AI, from a sentence and a photograph (AI-generated)"));
}

#[tokio::test]
async fn members_give_their_hearts_once() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let noor = shop.customer("noor@example.org").await;
    let (image, path) = shop.published("mira@example.org", "A fox", "A fox").await;
    let love = format!("/images/{image}/love");
    let csrf = noor.csrf(&path).await;
    let hearts = async || {
        let page = noor.get(&path).await.text;
        (
            page.contains("name=\"love\" value=\"no\" aria-pressed=\"true\""),
            page.contains(", loved by </span>1</span>"),
        )
    };
    assert_eq!(hearts().await, (false, false));
    for _ in 0..2 {
        assert_eq!(noor.post(&love, &[("csrf", &csrf), ("love", "yes")]).await.location(), path);
        assert_eq!(hearts().await, (true, true));
    }
    noor.post(&love, &[("csrf", &csrf), ("love", "no")]).await;
    assert_eq!(hearts().await, (false, false));
    assert_eq!(noor.post(&love, &[("csrf", &csrf)]).await.status, StatusCode::BAD_REQUEST);

    // Somebody who is not signed in is asked to, and comes back to the picture.
    let guest = shop.browser();
    let door = format!("/sign-in?next=%2Fgallery%2F{}", path.rsplit('/').next().expect("a name"));
    assert!(guest.get(&path).await.text.contains(&door), "{door}");
}

#[tokio::test]
async fn the_gallery_is_searched_and_sorted_page_by_page() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let noor = shop.customer("noor@example.org").await;
    let (first, heron) = shop.published("mira@example.org", "A river", "Herons").await;
    let (_, fox) = shop.published("mira@example.org", "A red fox", "At night").await;
    let csrf = noor.csrf(&heron).await;
    noor.post(&format!("/images/{first}/love"), &[("csrf", &csrf), ("love", "yes")]).await;
    let guest = shop.browser();
    let seen = async |address: &str| {
        let text = guest.get(address).await.text;
        match (text.find(&heron), text.find(&fox)) {
            (Some(heron), Some(fox)) => {
                if heron < fox {
                    "heron fox"
                } else {
                    "fox heron"
                }
            }
            (Some(_), None) => "heron",
            (None, Some(_)) => "fox",
            (None, None) => "",
        }
    };
    for (address, expected) in [
        ("/gallery", "fox heron"),
        ("/gallery?order=loved", "heron fox"),
        ("/gallery?q=heron", "heron"),
        ("/gallery?q=fox+night", "fox"),
        ("/gallery?q=wolf&order=loved", ""),
    ] {
        assert_eq!(seen(address).await, expected, "{address}");
    }
    let nothing = guest.get("/gallery?q=%3Cb%3E%00wolf").await;
    assert!(nothing.text.contains("No picture here has these words"), "{}", nothing.text);
    assert!(!nothing.text.contains("<b>"), "{}", nothing.text);
    assert!(!nothing.text.contains("rel=\"canonical\""));
    for nonsense in ["order=sideways", "after=1.2", "after=1.9999999999999999.0", "after=x"] {
        assert_eq!(
            guest.get(&format!("/gallery?{nonsense}")).await.status,
            StatusCode::NOT_FOUND,
            "{nonsense}"
        );
    }
}

#[tokio::test]
async fn a_report_reaches_staff_who_decide() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let noor = shop.customer("noor@example.org").await;
    let (image, path) = shop.published("mira@example.org", "A fox", "A fox").await;
    let csrf = noor.csrf(&path).await;
    let reports = format!("/images/{image}/reports");
    let refused = noor.post(&reports, &[("csrf", &csrf), ("words", "My <logo>")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.text.contains("choose what is wrong") && refused.text.contains("My &lt;logo&gt;"),
        "{}",
        refused.text
    );
    let report = async || {
        let fields = [("csrf", csrf.as_str()), ("reason", "rights"), ("words", "My <logo>")];
        assert_eq!(noor.post(&reports, &fields).await.location(), path);
        noor.get(&path).await.text
    };
    assert!(report().await.contains("Thank you. Somebody of the shop will look"));
    assert!(report().await.contains("You told us about this picture before"));

    let support = shop.staff(Role::Support).await;
    assert!(support.get("/admin").await.text.contains("/admin/reviews?list=reported"));
    let list = support.get("/admin/reviews?list=reported").await;
    assert!(
        list.text.contains("My &lt;logo&gt;") && list.text.contains("somebody else’s work"),
        "{}",
        list.text
    );
    let verdict = format!("/admin/reviews/{image}/verdict");
    let csrf = list.csrf();
    let seen = between(&list.text, "name=\"seen\" value=\"", "\"");
    let fields =
        [("csrf", csrf.as_str()), ("list", "reported"), ("seen", seen), ("decision", "hide"), ("note", " ")];
    let refused = support.post(&verdict, &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("Please say why"), "{}", refused.text);
    let fields = [
        ("csrf", csrf.as_str()),
        ("list", "reported"),
        ("seen", seen),
        ("decision", "hide"),
        ("note", "It has a <logo>."),
    ];
    assert_eq!(support.post(&verdict, &fields).await.location(), "/admin/reviews?list=reported");
    assert_eq!(shop.browser().get(&path).await.status, StatusCode::NOT_FOUND);
    assert!(mira.get(&format!("/images/{image}")).await.text.contains("It has a &lt;logo&gt;."));
    support.post(&verdict, &fields).await;
    assert!(
        support.get("/admin/reviews").await.text.contains("nothing to change any more"),
        "once is enough"
    );
    let entries: Vec<String> =
        sqlx::query_scalar("select action from audit_entries where subject_kind = 'image'")
            .fetch_all(shop.db())
            .await
            .expect("read");
    assert_eq!(entries, ["picture.hide"]);
    assert!(shop.staff(Role::Owner).await.get("/admin/audit").await.text.contains("took down"));
}

#[tokio::test]
async fn with_reviews_a_picture_hangs_when_staff_say_so() {
    let shop = Shop::open_with(|config| config.gallery_review = Switch::On).await;
    let mira = shop.customer("mira@example.org").await;
    let (_, image) = shop.drawn("mira@example.org", "A fox").await;
    let page = format!("/images/{image}");
    let csrf = mira.csrf(&page).await;
    let submit = async || {
        let fields = [("csrf", csrf.as_str()), ("visibility", "published"), ("title", "Reynard")];
        mira.post(&format!("{page}/visibility"), &fields).await;
        mira.get(&page).await.text
    };
    assert!(submit().await.contains("Your picture is handed in"));
    assert!(mira.get(&page).await.text.contains("Waiting for review"));
    assert!(!shop.browser().get("/gallery").await.text.contains("Reynard"));

    let manager = shop.staff(Role::Manager).await;
    let list = manager.get("/admin/reviews").await;
    assert!(list.text.contains("Reynard") && list.text.contains("mira@example.org"), "{}", list.text);
    let staged = format!("{page}/staged");
    assert!(list.text.contains(&staged), "its bytes are still here");
    assert_eq!(manager.get(&staged).await.status, StatusCode::OK, "staff see what they decide about");
    assert_eq!(shop.customer("noor@example.org").await.get(&staged).await.status, StatusCode::NOT_FOUND);
    let csrf = list.csrf();
    let seen = |page: &str| between(page, "name=\"seen\" value=\"", "\"").to_owned();
    let first = seen(&list.text);
    let decide = async |seen: &str, verdict: &str, note: &str| {
        let fields = [
            ("csrf", csrf.as_str()),
            ("list", "submitted"),
            ("seen", seen),
            ("decision", verdict),
            ("note", note),
        ];
        manager.post(&format!("/admin/reviews/{image}/verdict"), &fields).await
    };
    let mine = async || mira.get("/generations").await.text;
    assert!(mine().await.contains("<p class=\"hint\">Waiting for review</p>"), "{}", mine().await);
    decide(&first, "send_back", "There is a brand on the mug.").await;
    let read_why = format!("<p class=\"hint\">Sent back: <a href=\"/images/{image}\">read why</a></p>");
    assert!(mine().await.contains(&read_why), "{}", mine().await);
    let sent_back = mira.get(&page).await.text;
    assert!(sent_back.contains("We could not hang it as it is") && sent_back.contains("a brand on the mug"));
    assert!(sent_back.contains("value=\"Reynard\""), "the title is kept");
    submit().await;
    // Whoever still has the page from before decides about something that they have not seen.
    decide(&first, "publish", "").await;
    assert!(manager.get("/admin/reviews").await.text.contains("nothing to change any more"));
    assert!(!shop.browser().get("/gallery").await.text.contains("Reynard"));
    let second = seen(&manager.get("/admin/reviews").await.text);
    assert_eq!(decide(&second, "publish", "").await.location(), "/admin/reviews?list=submitted");
    assert!(shop.browser().get("/gallery").await.text.contains("Reynard"));
    assert!(mine().await.contains("<p class=\"hint\">In the gallery</p>"), "{}", mine().await);
    for wrong in ["", "yesterday"] {
        assert_eq!(decide(wrong, "publish", "").await.status, StatusCode::BAD_REQUEST, "{wrong:?}");
    }
    assert_eq!(decide(&second, "frame", "").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(shop.mails("mira@example.org").await, ["picture_reviewed", "picture_reviewed"]);
}

#[tokio::test]
async fn an_address_with_an_older_title_leads_on_and_is_not_kept() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let (_, path) = shop.published("mira@example.org", "A fox", "A fox").await;
    let short = path.rsplit('-').next().expect("an id");
    let answer = shop.browser().get(&format!("/gallery/an-older-title-{short}")).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::MOVED_PERMANENTLY, path.as_str()));
    assert_eq!(answer.header("cache-control"), "no-cache", "the title may be changed back");
}

#[tokio::test]
async fn hearts_and_reports_are_for_those_whose_address_is_verified() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let (image, path) = shop.published("mira@example.org", "A fox", "A fox").await;
    let noor = shop.newcomer("noor@example.org").await;
    let page = noor.get(&path).await;
    assert!(!page.text.contains(&format!("/images/{image}/reports")), "{}", page.text);
    let csrf = page.csrf();
    for (action, field, value) in [("love", "love", "yes"), ("reports", "reason", "rights")] {
        let answer =
            noor.post(&format!("/images/{image}/{action}"), &[("csrf", &csrf), (field, value)]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{action}");
        assert!(answer.text.contains("noor@example.org"), "{}", answer.text);
        assert!(answer.text.contains(&format!("name=\"next\" value=\"{path}\"")), "the way back is kept");
    }
    let told: i64 =
        sqlx::query_scalar("select (select count(*) from loves) + (select count(*) from reports)")
            .fetch_one(shop.db())
            .await
            .expect("a count");
    assert_eq!(told, 0);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_ends_in_a_page_that_says_so() {
    let shop = Shop::open().await;
    let mut held = shop.db().begin().await.expect("begun");
    sqlx::query("lock table images in access exclusive mode").execute(&mut *held).await.expect("held");
    let begun = std::time::Instant::now();
    let answer = shop.browser().get("/gallery").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
    assert!(answer.text.contains("Please come back in a minute"), "{}", answer.text);
    assert!((4..12).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    held.rollback().await.expect("let go");
    assert_eq!(shop.browser().get("/gallery").await.status, StatusCode::OK);
}
