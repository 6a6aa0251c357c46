//! `web admin create-owner`, from the operator's input to the first sign-in.

use std::process::Command;

use shop::{Cause, testing::Database};
use web::{
    commands::create_owner::{CreateOwner, create},
    one_time_codes::Secret,
};

use crate::support::{PASSWORD, Shop, config};

fn asked(email: &str) -> CreateOwner {
    CreateOwner { email: email.to_owned(), password_stdin: true, ..CreateOwner::default() }
}

async fn run(database: &Database, asked: &CreateOwner, input: &str) -> Result<String, String> {
    let config = config(&database.url);
    create(&config, asked, None, &mut input.as_bytes()).await.map_err(|error| format!("{error:#}"))
}

#[tokio::test]
async fn the_first_owner_is_made_from_standard_input_and_signs_in_with_a_code() {
    let shop = Shop::open().await;
    let secret = Secret::fresh();
    let asked = CreateOwner { totp_secret_stdin: true, ..asked("ada@example.org") };
    let input = format!("{PASSWORD}\n{}\n", secret.groups().join(""));
    let said =
        create(&config(&shop.database_url()), &asked, None, &mut input.as_bytes()).await.expect("made");
    assert_eq!(said, "ada@example.org is an owner now, with one-time codes");
    let browser = shop.browser();
    assert_eq!(browser.sign_in("ada@example.org", "/admin").await.location(), "/second-factor?next=%2Fadmin");
    let code = secret.code(Cause::now(None).at).expect("a code");
    assert_eq!(browser.give_code(&code, "/admin").await.location(), "/admin");
    assert!(browser.get("/admin/audit").await.text.contains("The operator at the terminal made an owner of"));
}

#[tokio::test]
async fn a_second_owner_is_made_on_purpose_only() {
    let database = Database::new().await;
    let line = format!("{PASSWORD}\r\n");
    run(&database, &asked("ada@example.org"), &line).await.expect("made");
    let refused = run(&database, &asked("noor@example.org"), &line).await.expect_err("there is one");
    assert!(refused.contains("there is an owner already"), "{refused}");
    let if_none = CreateOwner { if_none: true, ..asked("noor@example.org") };
    assert!(run(&database, &if_none, &line).await.expect("nothing to do").contains("nothing was changed"));
    let another = CreateOwner { another: true, with_second_factor: true, ..asked("noor@example.org") };
    let said = run(&database, &another, &line).await.expect("made");
    assert!(said.contains("otpauth://totp/AI%20Gallery:noor%40example.org?secret="), "{said}");
    let owners: i64 = sqlx::query_scalar(
        "select count(*) from accounts where role = 'owner' and email_verified_at is not null",
    )
    .fetch_one(&database.pool)
    .await
    .expect("read");
    assert_eq!(owners, 2);
}

#[tokio::test]
async fn what_cannot_work_is_said_before_anything_is_done() {
    let database = Database::new().await;
    let secret = CreateOwner { totp_secret_stdin: true, ..asked("ada@example.org") };
    for (asked, input, words) in [
        (&asked("ada"), PASSWORD, "no e-mail address"),
        (&asked("ada@example.org"), "", "standard input holds no password"),
        (&asked("ada@example.org"), "short\n", "at least 8 characters"),
        (&secret, "a lamp on the quay\n", "no secret for one-time codes"),
        (&secret, "a lamp on the quay\nABCD\n", "not 20 bytes in base32"),
    ] {
        let refused = run(&database, asked, input).await.expect_err(words);
        assert!(refused.contains(words), "{refused}");
    }
    let accounts: i64 =
        sqlx::query_scalar("select count(*) from accounts").fetch_one(&database.pool).await.expect("read");
    assert_eq!(accounts, 0);
}

#[test]
fn the_password_is_no_argument() {
    let help = Command::new(env!("CARGO_BIN_EXE_web"))
        .args(["admin", "create-owner", "--help"])
        .output()
        .expect("run");
    let help = String::from_utf8_lossy(&help.stdout);
    assert!(help.contains("--email <EMAIL>") && help.contains("--password-stdin"), "{help}");
    assert!(!help.contains("--password <") && !help.contains("--totp-secret <"), "{help}");
}
