//! An account's life by mail: from the first letter to the last.

use std::time::Duration;

use anyhow::{Result, ensure};
use journeys::{
    Customer, TestShop,
    customers::{Ended, PASSWORD},
};
use reqwest::StatusCode;

const SOON: Duration = Duration::from_secs(20);
const EMAIL: &str = "mira@example.org";
const NEW_PASSWORD: &str = "another lamp on the quay";

#[tokio::test]
async fn nothing_is_drawn_before_the_letter_was_opened() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let mira = Customer::arrive(&shop.url)?;
    mira.open_account(EMAIL).await?;
    let link = shop.outside.wait_for_link(EMAIL, "/verifications/").await?;
    let path = link.strip_prefix(&shop.url).expect("a link to the shop").to_owned();

    let elsewhere = Customer::arrive(&shop.url)?;
    elsewhere.sign_in(EMAIL, PASSWORD).await?;
    let refused = elsewhere.ask_for("a fox in the snow").await;
    ensure!(refused.is_err_and(|error| error.to_string().contains("403")), "it was drawn");
    ensure!(shop.outside.calls().await?.generations == 0);

    let answer = mira.submit(&path, &path, &[]).await?;
    ensure!(answer.status() == StatusCode::SEE_OTHER, "the link answered {}", answer.status());
    let page = mira.ask_for("a fox in the snow").await?;
    ensure!(matches!(mira.watch(&page, SOON).await?, Ended::Ready { .. }));
    ensure!(mira.open(&path).await?.status() == StatusCode::GONE, "the link is good once");
    shop.close(0).await
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_and_old_sessions_are_dead() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let mira = Customer::sign_up(&shop.url, &shop.outside, EMAIL).await?;
    let laptop = Customer::arrive(&shop.url)?;
    let asked = laptop.submit("/password-resets/new", "/password-resets", &[("email", EMAIL)]).await?;
    ensure!(asked.status() == StatusCode::SEE_OTHER, "asking answered {}", asked.status());
    let fields = [("password", NEW_PASSWORD)];
    laptop.open_letter(&shop.outside, EMAIL, "/password-resets/", &fields).await?;
    ensure!(mira.open("/account").await?.status() == StatusCode::SEE_OTHER, "the old session is dead");
    ensure!(laptop.sign_in(EMAIL, PASSWORD).await.is_err(), "the old password is none");
    laptop.sign_in(EMAIL, NEW_PASSWORD).await?;
    laptop.read("/account").await?;
    shop.outside.wait_for_letter(EMAIL, "password").await?;
    shop.close(0).await
}

#[tokio::test]
async fn an_account_moves_to_another_mailbox() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let mira = Customer::sign_up(&shop.url, &shop.outside, EMAIL).await?;
    let fields = [("new_email", "mira@example.com"), ("current_password", PASSWORD)];
    let asked = mira.submit("/account/email", "/account/email", &fields).await?;
    ensure!(asked.status() == StatusCode::SEE_OTHER, "asking answered {}", asked.status());
    mira.open_letter(&shop.outside, "mira@example.com", "/email-changes/", &[]).await?;
    ensure!(mira.read("/account").await?.contains("mira@example.com"));
    Customer::arrive(&shop.url)?.sign_in("mira@example.com", PASSWORD).await?;
    shop.settle(SOON).await?;
    let told = shop.outside.letters(EMAIL).await?;
    ensure!(told.len() == 3, "the old mailbox is told twice, after the first letter: {told:?}");
    shop.close(0).await
}
