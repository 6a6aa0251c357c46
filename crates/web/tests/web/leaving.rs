//! Taking everything along, and going.

use reqwest::StatusCode;
use shop::{
    Cause,
    exports::{self, Export},
};

use crate::support::{PASSWORD, Shop};

const EMAIL: &str = "mira@example.org";

async fn newest(shop: &Shop) -> Export {
    let account_id = shop.account_id(EMAIL).await;
    exports::of_account(shop.db(), account_id, 1).await.expect("read").remove(0)
}

#[tokio::test]
async fn a_file_of_everything_is_asked_for_and_downloaded_for_a_while() {
    let shop = Shop::open().await;
    let mira = shop.customer(EMAIL).await;
    let csrf = mira.csrf("/account/exports").await;
    let form = [("csrf", csrf.as_str())];
    let (one, two) = tokio::join!(mira.post("/account/exports", &form), mira.post("/account/exports", &form));
    assert_eq!([one.location(), two.location()], ["/account/exports"; 2]);
    assert_eq!(shop.rows().await[4], 1, "one job");
    let page = mira.get("/account/exports").await.text;
    assert!(page.contains("Being put together") && !page.contains("Ask for the file"), "{page}");
    let export = newest(&shop).await;
    let file = format!("/account/exports/{}/file", export.id);
    assert_eq!(mira.get(&file).await.status, StatusCode::NOT_FOUND, "not yet");

    exports::made(shop.db(), &Cause::now(None), export.id, 2_345_678).await.expect("made");
    let page = mira.get("/account/exports").await.text;
    assert!(page.contains("2.3 MB") && page.contains(&file), "{page}");
    let link = mira.get(&file).await;
    assert_eq!(link.status, StatusCode::SEE_OTHER);
    let key = format!("http://storage.example:9000/pictures/exports/{}.zip?", export.id);
    assert!(link.location().starts_with(&key) && link.location().contains("X-Amz-Expires=300"), "{link:?}");
    assert_eq!(link.header("cache-control"), "private, no-store");
    let noor = shop.customer("noor@example.org").await;
    assert_eq!(noor.get(&file).await.status, StatusCode::NOT_FOUND);

    sqlx::query("update exports set expires_at = now()").execute(shop.db()).await.expect("old");
    assert_eq!(mira.get(&file).await.status, StatusCode::NOT_FOUND);
    assert!(mira.get("/account/exports").await.text.contains("Removed again"));
}

#[tokio::test]
async fn an_account_is_left_after_a_while_in_which_one_can_stay() {
    let shop = Shop::open().await;
    let mira = shop.customer(EMAIL).await;
    let elsewhere = shop.signed_in(EMAIL).await;
    let csrf = mira.csrf("/account/deletion").await;
    let leave = async |password: &str| {
        let form = [("csrf", csrf.as_str()), ("current_password", password), ("published", "stay")];
        mira.post("/account/deletion", &form).await
    };
    let refused = leave("a wrong password").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("not the password of your account"), "{}", refused.text);
    assert!(refused.text.contains("value=\"stay\" checked"), "what was chosen is kept");
    assert_eq!(elsewhere.get("/generations").await.status, StatusCode::OK, "nothing changed");

    assert_eq!(leave(PASSWORD).await.location(), "/account/deletion");
    let keeps: bool =
        sqlx::query_scalar("select erase_keeps_published from accounts where erase_at is not null")
            .fetch_one(shop.db())
            .await
            .expect("one that leaves");
    assert!(keeps);
    assert_eq!(elsewhere.get("/generations").await.status, StatusCode::SEE_OTHER);
    for path in ["/account/deletion", "/gallery"] {
        assert!(mira.get(path).await.text.contains("Your account will be deleted on"), "{path}");
    }
    leave(PASSWORD).await;
    assert!(
        mira.get("/account").await.text.contains("There was nothing to change"),
        "asking twice is asking once"
    );

    let kept = mira.post("/account/deletion/withdrawal", &[("csrf", &csrf)]).await;
    assert_eq!((kept.status, kept.location()), (StatusCode::SEE_OTHER, "/account"));
    let account = mira.get("/account").await.text;
    assert!(account.contains("Your account stays") && !account.contains("will be deleted on"), "{account}");
    mira.post("/account/deletion/withdrawal", &[("csrf", &csrf)]).await;
    assert!(mira.get("/account").await.text.contains("There was nothing to change"));
    assert_eq!(shop.mails(EMAIL).await, ["erasure_scheduled", "erasure_called_off"]);
}

#[tokio::test]
async fn staff_cannot_leave_before_their_role_is_taken() {
    let shop = Shop::open().await;
    let mira = shop.customer(EMAIL).await;
    sqlx::query("update accounts set role = 'support'").execute(shop.db()).await.expect("staff");
    let csrf = mira.csrf("/gallery").await;
    let form = [("csrf", csrf.as_str()), ("current_password", PASSWORD), ("published", "go")];
    let answer = mira.post("/account/deletion", &form).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/account/deletion"));
    let page = mira.get("/account/deletion").await.text;
    assert!(page.contains("You work for the shop") && !page.contains("Delete my account in"), "{page}");
}
