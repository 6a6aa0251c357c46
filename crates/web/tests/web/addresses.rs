//! The address book, without a script.

use reqwest::StatusCode;
use shop::ids::AddressId;

use crate::support::{Browser, Shop};

const HOME: [(&str, &str); 6] = [
    ("country", "DE"),
    ("name", "Mira <Okafor>"),
    ("line1", "Gartenstraße 3"),
    ("city", "Berlin"),
    ("postcode", "D-10115"),
    ("phone", "+49 30 1234567"),
];

/// Sends the form with what is changed in it.
async fn save(
    browser: &Browser,
    path: &str,
    changes: &[(&'static str, &'static str)],
) -> crate::support::Answer {
    let csrf = browser.csrf("/account").await;
    let mut form = vec![("csrf", csrf.as_str())];
    form.extend(HOME.iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name)));
    form.extend(changes);
    browser.post(path, &form).await
}

async fn ids(shop: &Shop) -> Vec<AddressId> {
    sqlx::query_scalar("select id from addresses order by id").fetch_all(shop.db()).await.expect("addresses")
}

#[tokio::test]
async fn the_country_comes_first_and_decides_what_is_asked() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let first = mira.get("/account/addresses/new").await.text;
    assert!(first.contains("<option value=\"DE\">Germany</option>"), "{first}");
    assert!(!first.contains("name=\"line1\""), "{first}");
    for (country, has, has_not) in [
        ("DE", vec!["Town or city</label>", "Postcode</label>"], vec!["name=\"region\""]),
        ("US", vec!["ZIP code</label>", "State</label>", "<option value=\"CA\">California</option>"], vec![]),
        ("GB", vec!["Post town</label>"], vec!["name=\"region\""]),
        ("IE", vec!["Eircode <span", "County <span"], vec![]),
        ("XX", vec![], vec!["name=\"line1\""]),
    ] {
        let form = mira.get(&format!("/account/addresses/new?country={country}")).await.text;
        for words in has {
            assert!(form.contains(words), "{country} lacks {words}: {form}");
        }
        for words in has_not {
            assert!(!form.contains(words), "{country} has {words}: {form}");
        }
    }
}

#[tokio::test]
async fn an_address_is_added_changed_and_deleted() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let saved = save(&mira, "/account/addresses", &[]).await;
    assert_eq!(
        (saved.status, saved.location()),
        (StatusCode::SEE_OTHER, "/account/addresses"),
        "{}",
        saved.text
    );
    save(&mira, "/account/addresses", &[("name", "Noor")]).await;
    let ids = ids(&shop).await;
    let list = mira.get("/account/addresses").await.text;
    for words in ["Mira &lt;Okafor&gt;", "10115 Berlin", "Germany", "+49 30 1234567"] {
        assert!(list.contains(words), "{words}: {list}");
    }
    assert_eq!(list.matches("Parcels go here").count(), 1);
    assert!(list.find("Mira").expect("there") < list.find("Noor").expect("there"), "the default one first");

    let csrf = mira.csrf("/account/addresses").await;
    mira.post(&format!("/account/addresses/{}/default", ids[1]), &[("csrf", &csrf)]).await;
    let list = mira.get("/account/addresses").await.text;
    assert!(list.find("Noor").expect("there") < list.find("Mira").expect("there"), "{list}");

    let edit = format!("/account/addresses/{}", ids[0]);
    let form = mira.get(&edit).await.text;
    assert!(form.contains("value=\"10115\"") && form.contains("value=\"DE\" selected"), "{form}");
    let other = mira.get(&format!("{edit}?country=US")).await.text;
    assert!(other.contains("ZIP code") && other.contains("value=\"Gartenstraße 3\""), "{other}");
    save(&mira, &edit, &[("city", "Potsdam")]).await;
    assert!(mira.get("/account/addresses").await.text.contains("Potsdam"));
    mira.post(&format!("/account/addresses/{}/deletion", ids[1]), &[("csrf", &csrf)]).await;
    let list = mira.get("/account/addresses").await.text;
    assert!(!list.contains("Noor") && list.contains("Parcels go here"), "{list}");
}

#[tokio::test]
async fn what_the_post_could_not_deliver_comes_back_filled_in() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    for (changes, words) in [
        (vec![("country", "")], "choose a country from the list"),
        (vec![("name", " ")], "“Name” is empty. A parcel to Germany needs it."),
        (vec![("postcode", "1011")], "It looks like this: 26133"),
        (vec![("line1", "a\0b")], "invisible control character"),
        (vec![("phone", "call me")], "“Telephone” does not look right"),
        (
            vec![("country", "US"), ("postcode", "95014"), ("region", "Bavaria")],
            "one from the list under “State”",
        ),
    ] {
        let refused = save(&mira, "/account/addresses", &changes).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{changes:?}");
        assert!(refused.text.contains(words), "{words}: {}", refused.text);
        assert!(changes[0].0 == "country" || refused.text.contains("value=\"Berlin\""), "{}", refused.text);
        assert!(refused.text.contains(&format!("href=\"#{}\"", changes.last().expect("one").0)));
    }
    assert_eq!(ids(&shop).await, []);
}

#[tokio::test]
async fn there_is_room_for_twenty() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    for _ in 0..20 {
        assert_eq!(save(&mira, "/account/addresses", &[]).await.status, StatusCode::SEE_OTHER);
    }
    let refused = save(&mira, "/account/addresses", &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("20 addresses already"), "{}", refused.text);
    assert!(!mira.get("/account/addresses").await.text.contains("Add an address"));
}
