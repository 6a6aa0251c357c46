//! The address book.

mod support;

use shop::{
    StaleTransition,
    addresses::{self, ADDRESSES_MAX, Full, Place, Texts},
    ids::AddressId,
    testing::Database,
};
use support::{account, cause};

fn place(name: &str) -> Place {
    let texts = Texts {
        country: "US".to_owned(),
        name: name.to_owned(),
        line1: "1 Infinite Loop".to_owned(),
        city: "Cupertino".to_owned(),
        region: "CA".to_owned(),
        postcode: "95014".to_owned(),
        ..Texts::default()
    };
    addresses::check(&texts).expect("an address")
}

#[tokio::test]
async fn there_is_always_one_default_address() {
    let database = Database::new().await;
    let owner = account(&database, "ada@example.org").await;
    let other = account(&database, "noor@example.org").await;
    let mut ids = Vec::new();
    for name in ["One", "Two", "Three"] {
        ids.push(
            addresses::add(&database.pool, &cause(), owner, &place(name)).await.expect("done").expect("room"),
        );
    }
    let default = async || {
        let listed = addresses::list(&database.pool, owner).await.expect("listed");
        let defaults: Vec<_> = listed.iter().filter(|address| address.is_default).collect();
        assert_eq!(defaults.len(), 1);
        assert!(listed[0].is_default, "it stands first");
        defaults[0].id
    };
    assert_eq!(default().await, ids[0]);
    addresses::make_default(&database.pool, owner, ids[1]).await.expect("answered").expect("done");
    assert_eq!(default().await, ids[1]);
    for refused in [
        addresses::make_default(&database.pool, other, ids[0]).await.expect("answered"),
        addresses::remove(&database.pool, other, ids[0]).await.expect("answered"),
        addresses::change(&database.pool, other, ids[0], &place("Noor")).await.expect("answered"),
        addresses::make_default(&database.pool, owner, AddressId::new(cause().at)).await.expect("answered"),
    ] {
        assert_eq!(refused, Err(StaleTransition));
    }
    assert_eq!(default().await, ids[1], "nothing changed");
    addresses::remove(&database.pool, owner, ids[1]).await.expect("answered").expect("done");
    assert_eq!(default().await, ids[2], "the newest of the others");
    addresses::change(&database.pool, owner, ids[0], &place("Uno")).await.expect("answered").expect("done");
    let changed = addresses::find(&database.pool, owner, ids[0]).await.expect("read").expect("there");
    let lines = ["Uno", "1 Infinite Loop", "Cupertino, California 95014", "United States"];
    assert_eq!(changed.lines(), lines);
    assert!(addresses::find(&database.pool, other, ids[0]).await.expect("read").is_none());
}

#[tokio::test]
async fn an_address_book_has_an_end_also_for_two_at_once() {
    let database = Database::new().await;
    let owner = account(&database, "ada@example.org").await;
    let (at, place) = (cause(), place("Ada"));
    let add = || addresses::add(&database.pool, &at, owner, &place);
    for _ in 1..ADDRESSES_MAX {
        add().await.expect("done").expect("room");
    }
    let (one, two) = tokio::join!(add(), add());
    let added = [one.expect("done"), two.expect("done")];
    assert_eq!(added.iter().filter(|added| **added == Err(Full)).count(), 1, "{added:?}");
}
