//! From a sentence to a request for pictures, and every sentence that is none.

use reqwest::{Method, StatusCode, header::CONTENT_TYPE};
use shop::generations::PROMPT_MAX;

use crate::support::{Shop, wish};

#[tokio::test]
async fn a_sentence_becomes_a_request() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let csrf = mira.csrf("/generations/new").await;
    let answer = mira.post("/generations", &wish(&csrf, "  A fox under autumn leaves ")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let page = mira.get(answer.location()).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("A fox under autumn leaves"), "{}", page.text);
    assert!(page.text.contains("next in line"), "{}", page.text);
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(shop.rows().await, [1, 1, 1, 0, 1]);

    // The request's id travels with the job.
    let context: String = sqlx::query_scalar("select job::text || metadata::text from apalis.jobs")
        .fetch_one(shop.db())
        .await
        .expect("a job");
    assert!(context.contains(answer.header("x-request-id")), "{context}");

    let history = mira.get("/generations").await;
    assert!(history.text.contains("A fox under autumn leaves"));
    let again =
        mira.get(&format!("/generations/new?from={}", &answer.location()["/generations/".len()..])).await;
    assert!(again.text.contains("A fox under autumn leaves</textarea>"), "{}", again.text);
}

#[tokio::test]
async fn a_double_click_is_one_request_and_a_changed_sentence_is_another() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let csrf = mira.csrf("/generations/new").await;
    let first = mira.post("/generations", &wish(&csrf, "A fox")).await;
    let second = mira.post("/generations", &wish(&csrf, "A fox")).await;
    assert_eq!(first.location(), second.location());
    let other = mira.post("/generations", &wish(&csrf, "A hare")).await;
    assert_ne!(first.location(), other.location());
    assert_eq!(shop.rows().await, [1, 1, 2, 0, 2]);
}

#[tokio::test]
async fn sentences_of_every_kind_are_kept_and_shown_as_they_are() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let csrf = mira.csrf("/generations/new").await;
    let longest = "🦊".repeat(PROMPT_MAX);
    let shown = [
        ("🦊 im Schnee", "🦊 im Schnee"),
        ("מגדלור בלילה", "מגדלור בלילה"),
        (r#""quotes" and \backslashes\"#, r"&quot;quotes&quot; and \backslashes\"),
        ("<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"),
        (longest.as_str(), longest.as_str()),
    ];
    for (prompt, expected) in shown {
        let answer = mira.post("/generations", &wish(&csrf, prompt)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{prompt}");
        let page = mira.get(answer.location()).await;
        assert!(page.text.contains(expected), "{prompt}: {}", page.text);
        assert!(!page.text.contains("<script>alert"), "{}", page.text);
    }
}

#[tokio::test]
async fn what_cannot_be_drawn_is_refused_and_nothing_is_stored() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let csrf = mira.csrf("/generations/new").await;
    let before = shop.rows().await;
    let too_long = "é".repeat(PROMPT_MAX + 1);
    let much_too_long = "x".repeat(32 * 1024);
    let refused = [
        ("", "Please write a sentence first"),
        (" \r\n\t ", "Please write a sentence first"),
        ("\u{200b}\u{feff}", "Please write a sentence first"),
        (too_long.as_str(), "The sentence has 1001 characters"),
        (much_too_long.as_str(), "The sentence has 32768 characters"),
        ("a\0b", "invisible control character"),
    ];
    for (prompt, words) in refused {
        let answer = mira.post("/generations", &wish(&csrf, prompt)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{prompt:.40}");
        assert!(answer.text.contains(words), "{prompt:.40}: {}", answer.text);
        assert!(answer.text.contains("value=\"linocut\" checked"), "the other choices are kept");
        let kept = prompt.trim();
        assert!(
            kept.is_empty() || prompt.contains('\u{200b}') || answer.text.contains(kept),
            "the sentence is kept"
        );
    }
    for (field, value, words) in [
        ("style", "cubism", "choose one of the styles"),
        ("size", "", "choose one of the shapes"),
        ("count", "5", "from 1 to 4"),
        ("count", "-1", "from 1 to 4"),
        ("client_key", "none", "not complete"),
    ] {
        let mut form = wish(&csrf, "A fox");
        form.iter_mut().find(|(name, _)| *name == field).expect("a field").1 = value;
        let answer = mira.post("/generations", &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}={value}");
        assert!(answer.text.contains(words), "{field}={value}: {}", answer.text);
    }
    let raw = format!(
        "csrf={csrf}&prompt=%FF%FE&style=linocut&size=square&count=1&client_key=0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11"
    );
    let request = mira
        .request(Method::POST, "/generations")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(raw);
    let answer = mira.send(request).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text.contains("held something that is not text"), "{}", answer.text);
    assert_eq!(shop.rows().await, before);
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_asked_to_and_keeps_the_sentence() {
    let shop = Shop::open().await;
    let guest = shop.browser();
    let answer = guest.get("/generations/new?prompt=a%20fox%20%26%20a%20hare").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(
        answer.location(),
        "/sign-in?next=%2Fgenerations%2Fnew%3Fprompt%3Da%2520fox%2520%2526%2520a%2520hare"
    );
    // The session ends while they write.
    let csrf = guest.csrf("/sign-in").await;
    let answer = guest.post("/generations", &wish(&csrf, "a fox & a hare")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let door = guest.get(answer.location()).await;
    let kept = "value=\"/generations/new?prompt=a+fox+%26+a+hare&amp;style=linocut&amp;size=square&amp;quality=draft&amp;count=1\"";
    assert!(door.text.contains(kept), "{}", door.text);
    assert_eq!(shop.rows().await, [0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn who_signs_in_while_they_write_finds_all_that_they_wrote_and_chose() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let (_, image) = shop.drawn("mira@example.org", "A heron").await;
    let source = format!("drawn:{image}");
    for (c, kept) in [("ж", 1_000), ("狐", 1_000), ("🦊", 500)] {
        let prompt = c.repeat(1_000);
        let guest = shop.browser();
        let csrf = guest.csrf("/sign-in").await;
        let mut fields = wish(&csrf, &prompt);
        fields.retain(|(name, _)| !matches!(*name, "size" | "count"));
        fields.extend([("size", "panorama"), ("count", "3"), ("source", source.as_str())]);
        let answer = guest.post("/generations", &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert!(answer.location().len() < 3_500, "{}", answer.location().len());
        let door = guest.get(answer.location()).await;
        let (_, next) = door.text.split_once("name=\"next\" value=\"").expect("a way on");
        let next = next.split('"').next().expect("a value").replace("&amp;", "&");
        let answer = guest.sign_in("mira@example.org", &next).await;
        let page = guest.get(answer.location()).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains(&format!("\n{}</textarea>", c.repeat(kept))), "{}", page.text);
        for chosen in ["linocut", "panorama", "draft", "3"] {
            assert!(
                page.text.contains(&format!("value=\"{chosen}\" checked"))
                    || page.text.contains(&format!("value=\"{chosen}\" data-credits=\"1\" checked")),
                "{chosen}"
            );
        }
        assert!(page.text.contains(&format!("name=\"source\" value=\"{source}\"")));
        assert_eq!(page.text.contains("The end of your sentence got lost"), kept < 1_000, "{c}");
    }
    // So it is with a sentence from the first page.
    let path = format!("/generations/new?prompt={}", "%D0%B6".repeat(900));
    let door = shop.browser().get(&path).await;
    assert!(door.location().contains("draft%3D"), "{}", door.location());
    // Of nobody else's picture.
    let noor = shop.customer("noor@example.org").await;
    let page = noor.get(&format!("/generations/new?prompt=x&source={source}&count=9&style=none")).await;
    assert!(page.status == StatusCode::OK && !page.text.contains("name=\"source\""));
}

#[tokio::test]
async fn a_form_that_comes_back_has_the_last_sentences_beside_it() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    shop.queued("mira@example.org", "A heron on a bridge").await;
    let csrf = mira.csrf("/generations/new").await;
    let answer = mira.post("/generations", &wish(&csrf, " ")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("Your last sentences") && answer.text.contains("A heron on a bridge"));
}

#[tokio::test]
async fn a_surprise_is_a_whole_wish_and_never_the_last_one() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let sentence = |html: &str| {
        let end = html.find("</textarea>").expect("a field");
        html[..end].rsplit('>').next().expect("its text").trim().to_owned()
    };
    let page = mira.get("/generations/new").await;
    assert_eq!(sentence(&page.text), "");
    let (mut next, mut last) = ("/generations/new?surprise=me".to_owned(), String::new());
    assert!(page.text.contains(&next), "{}", page.text);
    for _ in 0..20 {
        let page = mira.get(&next).await;
        let surprise = sentence(&page.text);
        assert!(!surprise.is_empty() && surprise != last, "{surprise} after {last}");
        assert_eq!(page.text.matches(" checked").count(), 4, "a style, a shape, a quality and a number");
        let link = page.text.split("href=\"/generations/new?surprise=").nth(1).expect("a way to the next");
        next = format!("/generations/new?surprise={}", link.split('"').next().expect("a place"));
        last = surprise;
    }
    for odd in ["-1", "99999999999999999999", "x"] {
        let page = mira.get(&format!("/generations/new?surprise={odd}")).await;
        assert!(page.status == StatusCode::OK && !sentence(&page.text).is_empty(), "{odd}");
    }
}
