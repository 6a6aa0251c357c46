//! Price lists: which of them counts, and that no change of a price is lost.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use shop::{
    Cause,
    audit::Actor,
    ids::{PriceListId, VariantId},
    money::Currency,
    price_lists::{
        self, Change, ChangeError, CreateError, Draft, PriceList, PublishError, ReviseError, Source,
        Standing, Terms,
    },
    prices::{self, Price},
    products,
    testing::Database,
};

const STAFF: Actor = Actor { account_id: None, client_address: String::new() };

struct Office {
    database: Database,
    at: DateTime<Utc>,
    variants: HashMap<String, VariantId>,
}

impl Office {
    async fn open() -> Self {
        let database = Database::new().await;
        // As exact as Postgres is.
        let at = DateTime::from_timestamp_micros(Cause::now(None).at.timestamp_micros()).expect("a moment");
        let products = products::list(&database.pool).await.expect("read");
        let variants = products.into_iter().flat_map(|product| product.variants);
        let variants = variants.map(|variant| (variant.sku, variant.id)).collect();
        Self { database, at, variants }
    }

    fn cause(&self) -> Cause {
        Cause { at: self.at, request_id: None }
    }

    fn id(&self, sku: &str) -> VariantId {
        self.variants[sku]
    }

    /// The list that the shop began with.
    async fn first(&self, currency: Currency) -> PriceListId {
        let lists = price_lists::list(&self.database.pool).await.expect("read");
        lists.iter().find(|list| list.currency == currency).expect("a list").id
    }

    async fn find(&self, id: PriceListId) -> PriceList {
        price_lists::find(&self.database.pool, id).await.expect("read").expect("a list")
    }

    async fn create(&self, draft: &Draft) -> Result<PriceListId, CreateError> {
        price_lists::create(&self.database.pool, &self.cause(), &STAFF, draft).await.expect("answered")
    }

    async fn change(&self, id: PriceListId, changes: &[Change]) -> Result<usize, ChangeError> {
        let answer =
            price_lists::change_prices(&self.database.pool, &self.cause(), &STAFF, id, changes).await;
        answer.expect("answered")
    }

    async fn publish(&self, id: PriceListId) -> Result<(), PublishError> {
        price_lists::publish(&self.database.pool, &self.cause(), &STAFF, id).await.expect("answered")
    }

    /// A published list with one price.
    async fn sale(&self, terms: Terms, currency: Currency, sku: &str, amount: i64) -> PriceListId {
        let id = self.create(&Draft { terms, currency, source: None }).await.expect("begun");
        let new = Some(Price { amount, compare_at: None });
        let change = Change { variant_id: self.id(sku), old: None, new };
        assert_eq!(self.change(id, &[change]).await, Ok(1));
        self.publish(id).await.expect("published");
        id
    }

    async fn price(&self, at: DateTime<Utc>, currency: Currency, sku: &str) -> Option<i64> {
        let (cause, id) = (Cause { at, request_id: None }, self.id(sku));
        let found = prices::current(&self.database.pool, &cause, currency, &[id]).await.expect("read");
        found.get(&id).map(|price| price.amount)
    }

    fn terms(&self, name: &str, priority: i16, from: i64, until: Option<i64>) -> Terms {
        let hours = |hours| self.at + Duration::hours(hours);
        Terms { name: name.to_owned(), priority, starts_at: hours(from), ends_at: until.map(hours) }
    }
}

const POSTER: &str = "POSTER-30X40-MATTE";
const MUG: &str = "MUG-330-WHITE";

#[tokio::test]
async fn the_highest_priority_counts_then_the_newest_and_only_in_its_time() {
    let office = Office::open().await;
    let first = office.price(office.at, Currency::Eur, POSTER).await;
    assert_eq!(first, Some(2_490));
    office.sale(office.terms("winter", 0, 2, Some(6)), Currency::Eur, POSTER, 1_990).await;
    let flash = office.sale(office.terms("flash", 10, 3, Some(4)), Currency::Eur, POSTER, 990).await;
    // Begun later, but of a lower rank than the flash sale.
    office.sale(office.terms("newer", 5, 3, Some(5)), Currency::Eur, POSTER, 1_490).await;
    let hour = |hours| office.at + Duration::hours(hours);
    let tick = Duration::microseconds(1);
    for (at, expected) in [
        (hour(0), 2_490),
        (hour(2) - tick, 2_490),
        (hour(2), 1_990),
        (hour(3) - tick, 1_990),
        (hour(3), 990),
        (hour(4) - tick, 990),
        (hour(4), 1_490),
        (hour(5), 1_990),
        (hour(6) - tick, 1_990),
        (hour(6), 2_490),
    ] {
        assert_eq!(office.price(at, Currency::Eur, POSTER).await, Some(expected), "{at}");
    }
    assert_eq!(office.price(hour(3), Currency::Eur, MUG).await, Some(1_490), "what it does not price stays");
    assert_eq!(office.price(hour(3), Currency::Usd, POSTER).await, Some(2_699), "other currencies stay");
    let db = &office.database.pool;
    price_lists::withdraw(db, &office.cause(), &STAFF, flash, "a mistake")
        .await
        .expect("answered")
        .expect("withdrawn");
    assert_eq!(office.price(hour(3), Currency::Eur, POSTER).await, Some(1_490), "withdrawn, it counts never");

    // Of equal rank and begun at once, the one made later counts.
    office.sale(office.terms("a", 9, 7, None), Currency::Eur, POSTER, 100).await;
    let later = Cause { at: office.at + Duration::seconds(1), request_id: None };
    let draft = Draft { terms: office.terms("b", 9, 7, None), currency: Currency::Eur, source: None };
    let b = price_lists::create(db, &later, &STAFF, &draft).await.expect("answered").expect("begun");
    let new = Some(Price { amount: 200, compare_at: None });
    office.change(b, &[Change { variant_id: office.id(POSTER), old: None, new }]).await.expect("changed");
    assert_eq!(office.price(hour(7), Currency::Eur, POSTER).await, Some(100), "a draft counts nowhere");
    office.publish(b).await.expect("published");
    assert_eq!(office.price(hour(7), Currency::Eur, POSTER).await, Some(200));
}

#[tokio::test]
async fn amounts_without_decimals_are_whole() {
    let office = Office::open().await;
    for (currency, amount) in [(Currency::Jpy, 4_080), (Currency::Krw, 38_900)] {
        assert_eq!(office.price(office.at, currency, POSTER).await, Some(amount));
    }
    let source = Source { list_id: office.first(Currency::Krw).await, by_bp: -1_000, is_struck: true };
    let terms = office.terms("ten off", 1, 0, None);
    let id =
        office.create(&Draft { terms, currency: Currency::Krw, source: Some(source) }).await.expect("copied");
    office.publish(id).await.expect("published");
    let poster = office.id(POSTER);
    let now = prices::current(&office.database.pool, &office.cause(), Currency::Krw, &[poster]).await;
    // 38,900 less a tenth are 35,010; prices in won end in 900.
    assert_eq!(now.expect("read")[&poster], Price { amount: 34_900, compare_at: Some(38_900) });
    assert_eq!(office.price(office.at, Currency::Jpy, POSTER).await, Some(4_080));
}

#[tokio::test]
async fn a_copy_is_whole_or_is_not_made() {
    let office = Office::open().await;
    let eur = office.first(Currency::Eur).await;
    let copy = async |currency, list_id, by_bp| {
        let source = Some(Source { list_id, by_bp, is_struck: true });
        office.create(&Draft { terms: office.terms("a copy", 0, 0, None), currency, source }).await
    };
    let same = copy(Currency::Eur, eur, 0).await.expect("copied");
    let db = &office.database.pool;
    let sheet = async |id| price_lists::sheet(db, id).await.expect("read");
    assert_eq!(sheet(same).await, sheet(eur).await, "moved by nothing, it is the same");
    assert_eq!(office.find(same).await.prices, 39);
    let history = price_lists::history(db, same, 100).await.expect("read");
    assert_eq!(history.len(), 39, "each price has a beginning");
    let up = copy(Currency::Eur, eur, 1_000).await.expect("copied");
    assert_eq!(
        sheet(up).await[&office.id(POSTER)],
        Price { amount: 2_690, compare_at: None },
        "what costs more is not struck through"
    );
    assert_eq!(copy(Currency::Usd, eur, 0).await, Err(CreateError::OtherCurrency(Currency::Eur)));
    assert_eq!(copy(Currency::Eur, PriceListId::new(office.at), 0).await, Err(CreateError::NoSource));
    assert_eq!(copy(Currency::Eur, eur, 1_000_000_000).await, Err(CreateError::TooMuch));
    assert_eq!(price_lists::list(db).await.expect("read").len(), 7, "nothing half was left");
}

#[tokio::test]
async fn two_who_change_a_price_at_once_do_not_undo_each_other_unawares() {
    let office = Office::open().await;
    let (id, poster, mug) = (office.first(Currency::Eur).await, office.id(POSTER), office.id(MUG));
    let price = |amount| Some(Price { amount, compare_at: None });
    let (one, other) = (
        [Change { variant_id: poster, old: price(2_490), new: price(2_590) }],
        [
            Change { variant_id: poster, old: price(2_490), new: price(2_390) },
            Change { variant_id: mug, old: price(1_490), new: price(1_590) },
        ],
    );
    let (first, second) = tokio::join!(office.change(id, &one), office.change(id, &other));
    let refused = match (first, second) {
        (Ok(1), Err(ChangeError::Meanwhile(meanwhile))) | (Err(ChangeError::Meanwhile(meanwhile)), Ok(2)) => {
            meanwhile
        }
        answers => panic!("one of them wins: {answers:?}"),
    };
    assert_eq!(refused.keys().collect::<Vec<_>>(), [&poster]);
    let now = office.price(office.at, Currency::Eur, POSTER).await.expect("a price");
    assert_eq!(refused[&poster], price(now), "whoever lost reads what it is now");
    assert_eq!(
        office.price(office.at, Currency::Eur, MUG).await == Some(1_590),
        now == 2_390,
        "all of a form or nothing"
    );

    // A double click is one change, and taking a price away is one that is kept.
    let away = [Change { variant_id: poster, old: price(now), new: None }];
    assert_eq!((office.change(id, &away).await, office.change(id, &away).await), (Ok(1), Ok(0)));
    assert_eq!(office.price(office.at, Currency::Eur, POSTER).await, None, "without a price it is not sold");
    let history = price_lists::history(&office.database.pool, id, 10).await.expect("read");
    // Both changes are of the same moment: either may stand first.
    let taken = history.iter().find(|change| change.new.is_none()).expect("it is kept");
    assert_eq!((taken.sku.as_str(), taken.old), (POSTER, price(now)));
    let refused = sqlx::query("delete from price_changes").execute(&office.database.pool).await;
    assert!(refused.is_err(), "history is never changed");
}

#[tokio::test]
async fn terms_are_changed_by_who_saw_them() {
    let office = Office::open().await;
    let (db, id) = (&office.database.pool, office.first(Currency::Gbp).await);
    let seen = office.find(id).await.terms();
    let renamed = Terms { name: "Pounds".to_owned(), ..seen.clone() };
    let revise = async |terms: &Terms, fingerprint: &str| {
        price_lists::revise(db, &office.cause(), &STAFF, id, terms, fingerprint).await.expect("answered")
    };
    assert_eq!(revise(&renamed, &seen.fingerprint()).await, Ok(()));
    assert_eq!(revise(&renamed, &seen.fingerprint()).await, Ok(()), "a double click");
    let late = Terms { priority: 3, ..seen.clone() };
    assert_eq!(revise(&late, &seen.fingerprint()).await, Err(ReviseError::Meanwhile(renamed.clone())));
    assert_eq!(revise(&late, &renamed.fingerprint()).await, Ok(()));
    let entries: i64 =
        sqlx::query_scalar("select count(*) from audit_entries where action = 'price_list.revise'")
            .fetch_one(db)
            .await
            .expect("counted");
    assert_eq!(entries, 2);
}

#[tokio::test]
async fn a_list_goes_one_way() {
    let office = Office::open().await;
    let db = &office.database.pool;
    let draft = Draft { terms: office.terms("new", 0, 1, Some(2)), currency: Currency::Eur, source: None };
    let id = office.create(&draft).await.expect("begun");
    let standing = async |hours| office.find(id).await.standing(office.at + Duration::hours(hours));
    assert_eq!(office.publish(id).await, Err(PublishError::Empty));
    assert!(price_lists::withdraw(db, &office.cause(), &STAFF, id, "why").await.expect("answered").is_err());
    let new = Some(Price { amount: 500, compare_at: Some(700) });
    office.change(id, &[Change { variant_id: office.id(MUG), old: None, new }]).await.expect("changed");
    assert_eq!(standing(1).await, Standing::Draft);
    let late = Cause { at: office.at + Duration::hours(2), request_id: None };
    let over = price_lists::publish(db, &late, &STAFF, id).await.expect("answered");
    assert_eq!(over, Err(PublishError::Over));
    assert_eq!(office.publish(id).await, Ok(()));
    assert!(matches!(office.publish(id).await, Err(PublishError::Stale(_))));
    assert!(price_lists::delete(db, &office.cause(), &STAFF, id).await.expect("answered").is_err());
    assert_eq!(
        (standing(0).await, standing(1).await, standing(2).await),
        (Standing::Scheduled, Standing::Running, Standing::Ended)
    );
    price_lists::withdraw(db, &office.cause(), &STAFF, id, "why")
        .await
        .expect("answered")
        .expect("withdrawn");
    assert_eq!(standing(1).await, Standing::Withdrawn);
    let change = [Change { variant_id: office.id(MUG), old: new, new: None }];
    assert!(matches!(office.change(id, &change).await, Err(ChangeError::Stale(_))));

    let draft = office.create(&draft).await.expect("begun");
    office.change(draft, &[Change { variant_id: office.id(MUG), old: None, new }]).await.expect("changed");
    price_lists::delete(db, &office.cause(), &STAFF, draft).await.expect("answered").expect("deleted");
    assert!(price_lists::find(db, draft).await.expect("read").is_none());
}

#[tokio::test]
async fn what_would_not_be_sold_any_more_is_counted() {
    let office = Office::open().await;
    let (db, eur) = (&office.database.pool, office.first(Currency::Eur).await);
    let unsold = async |id| {
        let list = office.find(id).await;
        price_lists::unsold_without(db, &office.cause(), &list).await.expect("counted")
    };
    assert_eq!(unsold(eur).await, 39);
    let sale = office.sale(office.terms("sale", 1, 0, None), Currency::Eur, POSTER, 990).await;
    assert_eq!((unsold(eur).await, unsold(sale).await), (38, 0));
    office.sale(office.terms("later", 1, 5, None), Currency::Eur, MUG, 990).await;
    assert_eq!(unsold(eur).await, 38, "what comes later does not help now");
    office.sale(office.terms("dollars", 1, 0, None), Currency::Usd, MUG, 990).await;
    assert_eq!(unsold(eur).await, 38, "nor does another currency");
}

#[tokio::test]
async fn a_preview_says_what_would_be_so() {
    let office = Office::open().await;
    let (db, poster) = (&office.database.pool, office.id(POSTER));
    let sale = office.sale(office.terms("sale", 1, 2, Some(3)), Currency::Eur, POSTER, 990).await;
    let preview = async |hours, with| {
        let at = office.at + Duration::hours(hours);
        price_lists::preview(db, &office.cause(), Currency::Eur, at, with).await.expect("read")
    };
    let before = preview(0, None).await;
    assert_eq!(before.len(), 39);
    for (id, previewed) in &before {
        assert_eq!(previewed.now, previewed.then);
        let current = prices::current(db, &office.cause(), Currency::Eur, &[*id]).await.expect("read");
        assert_eq!(previewed.now.as_ref().map(|listed| listed.price), current.get(id).copied());
    }
    let during = preview(2, None).await.remove(&poster).expect("priced");
    let then = during.then.expect("sold");
    assert_eq!((then.price.amount, then.list_id, then.list_name.as_str()), (990, sale, "sale"));
    assert_eq!(during.now.expect("sold").price.amount, 2_490);

    let terms = office.terms("draft", 2, 0, None);
    let draft = office.create(&Draft { terms, currency: Currency::Eur, source: None }).await.expect("begun");
    let new = Some(Price { amount: 777, compare_at: None });
    office.change(draft, &[Change { variant_id: poster, old: None, new }]).await.expect("changed");
    let amount = |mut preview: HashMap<VariantId, price_lists::Previewed>| {
        preview.remove(&poster).expect("priced").then.expect("sold").price.amount
    };
    assert_eq!((amount(preview(2, None).await), amount(preview(2, Some(draft)).await)), (990, 777));
    assert!(price_lists::withdraw(db, &office.cause(), &STAFF, sale, "why").await.expect("answered").is_ok());
    assert_eq!(amount(preview(2, Some(sale)).await), 2_490, "what was withdrawn is no draft");
    let currencies = prices::currencies(db, &office.cause()).await.expect("read");
    assert_eq!(currencies, [Currency::Eur, Currency::Gbp, Currency::Jpy, Currency::Krw, Currency::Usd]);
}
