//! A product with a picture on it.

use reqwest::{Method, StatusCode};
use serde_json::Value;
use shop::{
    Cause,
    crops::{Area, Crop, Place},
    ids::{ImageId, MockupId},
    mockups,
};

use crate::support::{Browser, Shop};

/// A picture of Mira's with so many pixels.
async fn sized(shop: &Shop, width: i32, height: i32) -> ImageId {
    let (_, image) = shop.stored("mira@example.org", "A fox").await;
    sqlx::query("update images set width = $2, height = $3 where id = $1")
        .bind(image.0)
        .bind(width)
        .bind(height)
        .execute(shop.db())
        .await
        .expect("changed");
    image
}

/// The tag in which this stands.
fn tag<'t>(page: &'t str, inside: &str) -> &'t str {
    let at = page.find(inside).unwrap_or_else(|| panic!("no {inside} in {page}"));
    let from = page[..at].rfind('<').expect("a tag");
    &page[from..at + page[at..].find('>').expect("its end")]
}

fn facts(page: &str) -> Value {
    let json = page.split("<script type=\"application/ld+json\">").nth(1).expect("JSON-LD");
    serde_json::from_str(json.split("</script>").next().expect("its end")).expect("JSON")
}

async fn mockup_jobs(shop: &Shop) -> i64 {
    let sql =
        "select count(*) from apalis.jobs where convert_from(job, 'utf8')::jsonb ->> 'job' = 'make_mockup'";
    sqlx::query_scalar(sql).fetch_one(shop.db()).await.expect("a count")
}

/// Presses the button under the plain picture.
async fn show_me(browser: &Browser, page: &str, by_script: bool) -> crate::support::Answer {
    let shown = browser.get(page).await;
    let field = |name: &str| {
        let tag = tag(&shown.text, &format!("name=\"{name}\"")).to_owned();
        tag.split("value=\"").nth(1).expect("a value").trim_end_matches('"').to_owned()
    };
    let names = ["image", "variant", "left", "top", "width", "height"];
    let values = names.map(field);
    let csrf = shown.csrf();
    let mut fields = vec![("csrf", csrf.as_str()), ("orientation", "portrait")];
    fields.extend(names.into_iter().zip(values.iter().map(String::as_str)));
    let path = format!("{}/mockups", page.split('?').next().expect("a path"));
    let mut request = browser
        .request(Method::POST, &path)
        .header("sec-fetch-site", "same-origin")
        .header("origin", "http://shop.example:8080");
    if by_script {
        request = request.header("hx-request", "true");
    }
    browser.send(request.form(&fields)).await
}

#[tokio::test]
async fn a_picture_is_put_on_a_product_by_choices_alone() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let image = sized(&shop, 2160, 3840).await;
    let page = format!("/products/poster?image={image}");
    let first = mira.get(&page).await;
    assert_eq!(first.status, StatusCode::OK);
    assert!(tag(&first.text, "value=\"13 × 18 cm\"").contains(" checked"), "{}", first.text);
    assert!(tag(&first.text, "value=\"portrait\" checked").contains("name=\"orientation\""));
    for words in
        ["€9.90", "action=\"/cart/lines\"", "In 2 to 4 working days", "Made by AI", "Show this choice"]
    {
        assert!(first.text.contains(words), "{words}: {}", first.text);
    }
    let finish = "Fine%20art%2C%20310%20g%2Fm%C2%B2";
    let chosen = mira.get(&format!("{page}&size=30%20%C3%97%2040%20cm&finish={finish}&place=end")).await;
    assert!(chosen.text.contains("€34.90"), "{}", chosen.text);
    assert!(tag(&chosen.text, "name=\"place\" value=\"end\"").contains(" checked"));
    let crop =
        Crop::filling(Area { width: 2160, height: 3840 }, Area { width: 300, height: 400 }, Place::End);
    let Crop { top, height, .. } = crop;
    for (name, value) in [("top", top), ("height", height)] {
        assert!(chosen.text.contains(&format!("name=\"{name}\" value=\"{value}\"")), "{}", chosen.text);
    }
    // 2160 pixels on 30 cm.
    assert!(tag(&chosen.text, "data-sharpness=\"good\"").ends_with("\"good\""), "{}", chosen.text);
    assert!(chosen.text.contains("<span data-dpi>182</span>"), "{}", chosen.text);
    let across = mira.get(&format!("{page}&orientation=landscape")).await;
    assert!(tag(&across.text, "value=\"landscape\" checked").contains("name=\"orientation\""));
    assert_eq!(mira.get("/products/no-such-thing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_would_be_blurred_is_told_agreed_to_or_not_sold() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let image = sized(&shop, 1024, 1536).await;
    let page = format!("/products/poster?image={image}");
    let first = mira.get(&page).await.text;
    assert!(tag(&first, "value=\"50 × 70 cm\"").contains(" disabled"), "{first}");
    assert!(first.contains("Needs a larger picture"), "{first}");
    assert!(!tag(&first, "value=\"30 × 40 cm\"").contains(" disabled"), "{first}");
    let hidden =
        |page: &str, which: &str| tag(page, &format!("data-sharpness=\"{which}\"")).contains(" hidden");
    for (size, sharpness) in [
        ("13%20%C3%97%2018%20cm", "good"),
        ("A4%2C%2021%20%C3%97%2029.7%20cm", "fair"),
        ("30%20%C3%97%2040%20cm", "low"),
    ] {
        let text = mira.get(&format!("{page}&size={size}")).await.text;
        for which in ["good", "fair", "low"] {
            assert_eq!(hidden(&text, which), which != sharpness, "{size}: {which} in {text}");
        }
        let agreed = tag(&text, "data-sharpness=\"low\"");
        assert_eq!(
            agreed.contains(" disabled"),
            sharpness != "low",
            "a box that is not seen need not be ticked"
        );
        assert!(tag(&text, "name=\"accept\"").contains(" required"));
    }
    // What cannot be had is not chosen by its address either.
    let forced = mira.get(&format!("{page}&size=50%20%C3%97%2070%20cm")).await.text;
    assert!(tag(&forced, "value=\"13 × 18 cm\"").contains(" checked"), "{forced}");
    let tiny = sized(&shop, 200, 200).await;
    let none = mira.get(&format!("/products/poster?image={tiny}")).await.text;
    assert!(none.contains("This picture is too small for it") && !none.contains("/cart/lines"), "{none}");
    let file = mira.get(&format!("/products/download?image={tiny}")).await.text;
    assert!(file.contains("/cart/lines") && !file.contains("data-sharpness"), "{file}");
}

#[tokio::test]
async fn a_part_chosen_by_hand_stays_if_it_fits() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let image = sized(&shop, 2000, 3000).await;
    let page = format!("/products/poster?image={image}");
    // 6500 / 10000 of 2000 pixels to 6000 / 10000 of 3000 are 13 : 18.
    let kept = mira.get(&format!("{page}&left=900&top=1200&width=6500&height=6000")).await.text;
    assert!(tag(&kept, "data-left=\"900\"").contains("data-by-hand"), "{kept}");
    assert!(
        kept.contains("name=\"width\" value=\"6500\"") && kept.contains("M900 1200H7400V7200H900Z"),
        "{kept}"
    );
    for spoilt in [
        "left=900&top=1200&width=6500&height=9900",
        "left=9000&top=1200&width=6500&height=6000",
        "left=-1&top=0&width=6500&height=6000",
        "left=900&top=1200&width=65&height=60",
        "left=900&top=1200&width=99999999999&height=6000",
    ] {
        let text = mira.get(&format!("{page}&{spoilt}")).await.text;
        assert!(!text.contains("data-by-hand"), "{spoilt}: {text}");
        assert!(tag(&text, "name=\"place\" value=\"middle\"").contains(" checked"), "{spoilt}");
    }
}

#[tokio::test]
async fn somebody_elses_picture_is_not_to_be_had_and_one_can_be_chosen() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let noor = shop.customer("noor@example.org").await;
    let (_, private) = shop.stored("mira@example.org", "Miras secret").await;
    let (hung, _) = shop.published("mira@example.org", "A hare", "A hare for all").await;
    let (_, own) = shop.stored("noor@example.org", "Noors owl").await;
    for asked in
        [private.to_string(), "nonsense".to_owned(), "0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11".to_owned()]
    {
        let page = noor.get(&format!("/products/mug?image={asked}")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(
            page.text.contains("not here any more") && !page.text.contains("Miras secret"),
            "{}",
            page.text
        );
        for offered in [own, hung] {
            assert!(page.text.contains(&format!("href=\"/products/mug?image={offered}\"")), "{}", page.text);
        }
    }
    let page = noor.get(&format!("/products/mug?image={hung}")).await.text;
    assert!(page.contains("everybody may order it") && page.contains("/cart/lines"), "{page}");
    let guest = shop.browser();
    let csrf = guest.csrf(&format!("/products/mug?image={hung}")).await;
    let refused =
        guest.post("/products/mug/mockups", &[("csrf", &csrf), ("image", &private.to_string())]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert_eq!(mockup_jobs(&shop).await, 0);
    sqlx::query("update images set deleted_at = now() where id = $1")
        .bind(own.0)
        .execute(shop.db())
        .await
        .expect("deleted");
    assert!(noor.get(&format!("/products/mug?image={own}")).await.text.contains("not here any more"));
}

#[tokio::test]
async fn a_mockup_is_wanted_once_waited_for_and_seen() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let image = sized(&shop, 2160, 3840).await;
    let page = format!("/products/framed-print?image={image}");
    let before = mira.get(&page).await.text;
    assert!(
        tag(&before, "data-hx-trigger=\"load, submit\"")
            .contains("action=\"/products/framed-print/mockups\"")
    );
    assert_eq!(mockup_jobs(&shop).await, 0, "who only looks enqueues nothing");
    let asked = show_me(&mira, &page, false).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text);
    let back = asked.location().to_owned();
    let waiting = mira.get(&back).await.text;
    assert!(waiting.contains("<noscript><meta http-equiv=\"refresh\""), "{waiting}");
    let path = tag(&waiting, "data-hx-get=\"/mockups/").split('"').find(|part| part.starts_with("/mockups/"));
    let path = path.expect("where to ask").to_owned();
    assert_eq!(mira.get(&path).await.text.matches("data-hx-get").count(), 1, "it is asked for again");
    // Again, by a script, is the same one.
    let sql = "select id from mockups";
    let id = MockupId(sqlx::query_scalar(sql).fetch_one(shop.db()).await.expect("one"));
    assert_eq!(path, format!("/mockups/{id}"));
    assert_eq!(mockup_jobs(&shop).await, 1);
    let guest = shop.browser();
    assert_eq!(guest.get(&path).await.status, StatusCode::NOT_FOUND, "the picture is private");

    assert!(mockups::made(shop.db(), &Cause::now(None), id).await.expect("an answer"));
    let made = mira.get(&path).await.text;
    assert!(
        made.contains(&format!("/mockups/{id}.webp?")) && made.contains(&format!("/mockups/{id}.jpg?")),
        "{made}"
    );
    assert!(!made.contains("data-hx-get"), "nobody asks any more: {made}");
    assert!(mira.get(&page).await.text.contains(&format!("/mockups/{id}.webp?")));
}

#[tokio::test]
async fn a_mockup_that_failed_leaves_the_plain_picture() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let image = sized(&shop, 2160, 3840).await;
    let page = format!("/products/canvas?image={image}");
    let script = show_me(&mira, &page, true).await;
    assert!(script.location().starts_with("/mockups/"), "a script goes on to the mock-up alone");
    sqlx::query("update mockups set state = 'failed'").execute(shop.db()).await.expect("failed");
    let text = mira.get(&page).await.text;
    assert!(text.contains("<svg viewBox=\"") && text.contains("Show me what it looks like"), "{text}");
    assert!(!text.contains("load, submit"), "it is not asked for again by itself: {text}");
    assert!(!text.contains("went wrong") && !text.contains("failed</"), "{text}");
    show_me(&mira, &page, false).await;
    assert_eq!(mockup_jobs(&shop).await, 2, "who presses the button has it tried again");
}

#[tokio::test]
async fn nobody_fills_the_line() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let image = sized(&shop, 2160, 3840).await;
    let page = format!("/products/poster?image={image}");
    let full = "insert into mockups (id, image_id, variant_id, orientation, crop_left, crop_top, crop_width, crop_height, created_at)
                select gen_random_uuid(), $1, v.id, 'portrait', n, 0, 1, 1, now() from generate_series(1, 500) n, (select id from variants limit 1) v";
    sqlx::query(full).bind(image.0).execute(shop.db()).await.expect("full");
    assert_eq!(show_me(&mira, &page, true).await.status, StatusCode::NO_CONTENT);
    let told = show_me(&mira, &page, false).await;
    assert!(mira.get(told.location()).await.text.contains("You can order all the same"));
    assert_eq!(mockup_jobs(&shop).await, 0);
    sqlx::query("update mockups set state = 'failed'").execute(shop.db()).await.expect("ended");
    assert!(show_me(&mira, &page, true).await.location().starts_with("/mockups/"));
    sqlx::query("delete from mockups").execute(shop.db()).await.expect("gone");
    let spent = "update throttles set free_at = now() + interval '1 day' where rule = 'mockup.visitor'";
    sqlx::query(spent).execute(shop.db()).await.expect("spent");
    assert_eq!(show_me(&mira, &page, true).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn machines_read_what_it_is_and_what_it_costs() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let title = "</script><script>alert(1)</script>";
    let (hung, path) = shop.published("mira@example.org", "A hare", title).await;
    let guest = shop.browser();
    let text = guest.get(&format!("/products/mug?image={hung}")).await.text;
    assert!(!text.contains("<script>alert"), "{text}");
    let read = facts(&text);
    assert_eq!(read["@type"], "Product");
    assert_eq!(read["name"], format!("Mug: {title}"));
    assert_eq!(read["image"], format!("http://shop.example:8080{path}/card.jpg"));
    assert_eq!(
        (&read["offers"]["price"], &read["offers"]["priceCurrency"]),
        (&"14.90".into(), &"EUR".into())
    );
    assert!(
        text.contains("property=\"og:image\"") && text.contains(&format!("/products/mug?image={hung}\""))
    );
    let plain = guest.get("/products/mug").await.text;
    let read = facts(&plain);
    assert_eq!(read["offers"]["@type"], "AggregateOffer");
    assert!(plain.contains("href=\"http://shop.example:8080/products/mug\""), "{plain}");
    // A private picture is in nothing that machines keep.
    let mira = shop.signed_in("mira@example.org").await;
    let (_, private) = shop.stored("mira@example.org", "A secret").await;
    let text = mira.get(&format!("/products/mug?image={private}")).await.text;
    assert!(!text.contains("og:image") && facts(&text)["image"].is_null(), "{text}");
    assert!(!tag(&text, "rel=\"canonical\"").contains("image="));
}

#[tokio::test]
async fn pictures_lead_to_products() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let (generation, own) = shop.stored("mira@example.org", "A fox").await;
    let (hung, path) = shop.published("mira@example.org", "A hare", "A hare").await;
    for (page, image) in
        [(format!("/images/{own}"), own), (format!("/generations/{generation}"), own), (path, hung)]
    {
        let text = mira.get(&page).await.text;
        assert!(text.contains(&format!("href=\"/products?image={image}\"")), "{page}: {text}");
    }
}
