//! Codes are good once, whoever asks at the same time; staff keep them on.

mod support;

use chrono::Duration;
use futures::future::join_all;
use shop::{
    Cause, StaleTransition,
    accounts::Role,
    ids::{AccountId, SessionId},
    second_factors::{self, CodeHash, Proof, RemovalError, TRIES},
    sessions::{self, Browser, SecondFactor},
    testing::Database,
};
use support::{account, cause, jobs};

const COOKIE: [u8; 32] = [3; 32];

async fn session(database: &Database, id: AccountId, cookie: [u8; 32]) -> SessionId {
    let browser = Browser { user_agent: "Netscape 4", address: "192.0.2.7" };
    sessions::begin(&database.pool, &cause(), id, &cookie, browser).await.expect("begun");
    sessions::visitor(&database.pool, &cookie, cause().at).await.expect("read").expect("there").session_id
}

fn codes() -> Vec<CodeHash> {
    (0..10).map(|number| [number; 32]).collect()
}

/// Somebody with codes on, whose last step was 100, and their session.
async fn with_codes(database: &Database) -> (AccountId, SessionId) {
    let id = account(database, "mira@example.org").await;
    let session = session(database, id, COOKIE).await;
    second_factors::begin(&database.pool, id, b"sealed").await.expect("begun");
    second_factors::confirm(&database.pool, &cause(), id, session, b"sealed", 100, &codes())
        .await
        .expect("asked")
        .expect("on");
    (id, session)
}

async fn give(
    database: &Database,
    (id, session): (AccountId, SessionId),
    proof: Proof,
) -> Result<(), StaleTransition> {
    second_factors::give(&database.pool, &cause(), id, session, proof, None).await.expect("asked")
}

async fn stands(database: &Database, cookie: &[u8; 32]) -> Option<SecondFactor> {
    let visitor = sessions::visitor(&database.pool, cookie, cause().at).await.expect("read");
    visitor.map(|visitor| visitor.second_factor)
}

#[tokio::test]
async fn codes_are_on_with_the_first_one_only() {
    let database = Database::new().await;
    let id = account(&database, "mira@example.org").await;
    let here = session(&database, id, COOKIE).await;
    session(&database, id, [4; 32]).await;
    let other = account(&database, "noor@example.org").await;
    session(&database, other, [5; 32]).await;
    assert!(second_factors::find(&database.pool, id).await.expect("read").is_none());

    second_factors::begin(&database.pool, id, b"one").await.expect("begun");
    second_factors::begin(&database.pool, id, b"two").await.expect("begun again");
    assert!(!second_factors::is_on(&database.pool, id).await.expect("read"));
    assert_eq!(stands(&database, &COOKIE).await, Some(SecondFactor::Unset), "nobody is asked yet");
    let confirm = async |secret: &[u8]| {
        second_factors::confirm(&database.pool, &cause(), id, here, secret, 100, &codes())
            .await
            .expect("asked")
    };
    assert_eq!(confirm(b"one").await, Err(StaleTransition), "another window began anew");
    assert_eq!(confirm(b"two").await, Ok(()));
    assert_eq!(confirm(b"two").await, Err(StaleTransition), "once");

    let factor = second_factors::find(&database.pool, id).await.expect("read").expect("there");
    assert_eq!((factor.sealed_secret.as_deref(), factor.pending_secret), (Some(&b"two"[..]), None));
    assert_eq!(factor.recovery_codes_left, 10);
    assert_eq!(stands(&database, &COOKIE).await, Some(SecondFactor::Given));
    assert_eq!(stands(&database, &[4; 32]).await, None, "other sessions ended");
    assert_eq!(stands(&database, &[5; 32]).await, Some(SecondFactor::Unset), "those of others did not");
    assert_eq!(jobs(&database, "send_mail").await.len(), 1);
}

#[tokio::test]
async fn a_code_is_good_once_and_no_earlier_one_after_it() {
    let database = Database::new().await;
    let mira = with_codes(&database).await;
    for (step, outcome) in [
        (100, Err(StaleTransition)),
        (102, Ok(())),
        (102, Err(StaleTransition)),
        (101, Err(StaleTransition)),
        (103, Ok(())),
    ] {
        assert_eq!(give(&database, mira, Proof::Code { step }).await, outcome, "{step}");
    }
}

#[tokio::test]
async fn of_two_at_once_one_is_let_in() {
    let database = Database::new().await;
    let mira = with_codes(&database).await;
    for proof in [Proof::Code { step: 200 }, Proof::RecoveryCode([7; 32])] {
        let all = (0..8).map(|_| give(&database, mira, proof));
        let let_in = join_all(all).await.into_iter().flatten().count();
        assert_eq!(let_in, 1, "{proof:?}");
    }
}

#[tokio::test]
async fn a_recovery_code_is_good_once_for_its_account_until_there_are_new_ones() {
    let database = Database::new().await;
    let mira = with_codes(&database).await;
    let noor = account(&database, "noor@example.org").await;
    let noors = session(&database, noor, [4; 32]).await;
    assert_eq!(give(&database, (noor, noors), Proof::RecoveryCode([1; 32])).await, Err(StaleTransition));
    assert_eq!(
        give(&database, mira, Proof::RecoveryCode([99; 32])).await,
        Err(StaleTransition),
        "none of them"
    );
    assert_eq!(give(&database, mira, Proof::RecoveryCode([1; 32])).await, Ok(()));
    assert_eq!(give(&database, mira, Proof::RecoveryCode([1; 32])).await, Err(StaleTransition));
    let left = async || {
        second_factors::find(&database.pool, mira.0).await.expect("read").expect("there").recovery_codes_left
    };
    assert_eq!(left().await, 9);
    let renew = async |id, codes: &[CodeHash]| {
        second_factors::renew_recovery_codes(&database.pool, &cause(), id, codes).await.expect("asked")
    };
    assert_eq!(renew(mira.0, &[[50; 32], [51; 32]]).await, Ok(()));
    assert_eq!(left().await, 2);
    assert_eq!(
        give(&database, mira, Proof::RecoveryCode([2; 32])).await,
        Err(StaleTransition),
        "from before"
    );
    assert_eq!(give(&database, mira, Proof::RecoveryCode([50; 32])).await, Ok(()));
    assert_eq!(renew(noor, &codes()).await, Err(StaleTransition), "codes are off");
}

#[tokio::test]
async fn a_right_code_renews_the_session_and_confirms_it() {
    let database = Database::new().await;
    let (id, _) = with_codes(&database).await;
    let session_id = session(&database, id, [4; 32]).await;
    assert_eq!(stands(&database, &[4; 32]).await, Some(SecondFactor::Due));
    assert_eq!(second_factors::take_try(&database.pool, session_id).await.expect("asked"), Ok(TRIES - 1));
    let later = Cause { at: cause().at + Duration::minutes(5), request_id: None };
    second_factors::give(&database.pool, &later, id, session_id, Proof::Code { step: 200 }, Some(&[9; 32]))
        .await
        .expect("asked")
        .expect("right");
    assert_eq!(stands(&database, &[4; 32]).await, None, "who knew the old value is nobody");
    let visitor = sessions::visitor(&database.pool, &[9; 32], later.at).await.expect("read").expect("there");
    assert_eq!(visitor.second_factor, SecondFactor::Given);
    assert_eq!(visitor.confirmed_at.timestamp_millis(), later.at.timestamp_millis());
    assert_eq!(second_factors::take_try(&database.pool, session_id).await.expect("asked"), Ok(TRIES - 1));
}

#[tokio::test]
async fn a_session_has_five_tries_also_when_all_come_at_once() {
    let database = Database::new().await;
    let (_, session_id) = with_codes(&database).await;
    let all = (0..12).map(|_| second_factors::take_try(&database.pool, session_id));
    let mut left: Vec<_> =
        join_all(all).await.into_iter().filter_map(|taken| taken.expect("asked").ok()).collect();
    left.sort_unstable();
    assert_eq!(left, [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn another_authenticator_takes_over_with_its_first_code() {
    let database = Database::new().await;
    let (id, session) = with_codes(&database).await;
    second_factors::begin(&database.pool, id, b"new").await.expect("begun");
    let factor = second_factors::find(&database.pool, id).await.expect("read").expect("there");
    assert_eq!(factor.sealed_secret.as_deref(), Some(&b"sealed"[..]), "the old one is in use until then");
    assert_eq!(give(&database, (id, session), Proof::Code { step: 150 }).await, Ok(()));
    // The same thirty seconds, of another secret.
    second_factors::confirm(&database.pool, &cause(), id, session, b"new", 150, &codes())
        .await
        .expect("asked")
        .expect("moved");
    let factor = second_factors::find(&database.pool, id).await.expect("read").expect("there");
    assert_eq!(factor.sealed_secret.as_deref(), Some(&b"new"[..]));
    assert_eq!(give(&database, (id, session), Proof::Code { step: 150 }).await, Err(StaleTransition));
}

#[tokio::test]
async fn customers_turn_codes_off_and_staff_do_not() {
    let database = Database::new().await;
    let (id, _) = with_codes(&database).await;
    let set_role = async |role: Role| {
        let role: &str = role.into();
        let update = "update accounts set role = $2 where id = $1";
        sqlx::query(update).bind(id.0).bind(role).execute(&database.pool).await.expect("set");
    };
    let remove = async |step| {
        second_factors::remove(&database.pool, &cause(), id, Proof::Code { step }).await.expect("asked")
    };
    set_role(Role::Production).await;
    assert_eq!(remove(200).await, Err(RemovalError::Staff));
    set_role(Role::Customer).await;
    assert_eq!(remove(100).await, Err(RemovalError::Stale(StaleTransition)), "a code from before");
    assert!(second_factors::is_on(&database.pool, id).await.expect("read"));
    assert_eq!(remove(200).await, Ok(()), "the refusals used nothing up");
    assert!(second_factors::find(&database.pool, id).await.expect("read").is_none());
    assert_eq!(stands(&database, &COOKIE).await, Some(SecondFactor::Unset));
    assert_eq!(jobs(&database, "send_mail").await.len(), 2, "on and off");

    // Turned on again elsewhere, a session from before has given none of the new codes.
    second_factors::begin(&database.pool, id, b"again").await.expect("begun");
    let elsewhere = session(&database, id, [4; 32]).await;
    sqlx::query("update second_factors set sealed_secret = pending_secret, confirmed_at = now()")
        .execute(&database.pool)
        .await
        .expect("on");
    assert_eq!(stands(&database, &COOKIE).await, Some(SecondFactor::Due));
    assert_eq!(give(&database, (id, elsewhere), Proof::Code { step: 1 }).await, Ok(()));
}
