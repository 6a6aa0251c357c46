//! Roles, closures, the first owner, and the log of it all.

mod support;

use serde_json::json;
use shop::{
    StaleTransition,
    accounts::{
        self, Role,
        closures::{self, ClosureError},
        owners::{self, NewOwner, OwnerError},
        roles::{self, RoleError},
    },
    audit::Actor,
    ids::AccountId,
    office::{
        accounts as found,
        deeds::{self, Wanted},
    },
    sessions::{self, Browser},
    testing::Database,
};
use support::{account, cause, jobs};

type Sealing = fn(AccountId) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>>;

async fn owner(database: &Database, email: &str) -> Actor {
    let wanted = NewOwner { email, password_hash: "$argon2id$none", another: true };
    let id = owners::make(&database.pool, &cause(), wanted, None::<Sealing>).await.expect("an owner");
    Actor { account_id: Some(id), client_address: "192.0.2.7".to_owned() }
}

/// Somebody verified, with a session.
async fn member(database: &Database, email: &str) -> AccountId {
    let id = account(database, email).await;
    let verified = "update accounts set email_verified_at = now() where id = $1";
    sqlx::query(verified).bind(id.0).execute(&database.pool).await.expect("verified");
    let browser = Browser { user_agent: "", address: "" };
    let mut cookie = [0; 32];
    cookie[..16].copy_from_slice(id.0.as_bytes());
    sessions::begin(&database.pool, &cause(), id, &cookie, browser).await.expect("begun");
    id
}

async fn role_of(database: &Database, id: AccountId) -> Role {
    found::find(&database.pool, id, cause().at).await.expect("read").expect("there").account.role
}

async fn sessions_of(database: &Database, id: AccountId) -> i64 {
    found::find(&database.pool, id, cause().at).await.expect("read").expect("there").sessions
}

async fn actions(database: &Database) -> Vec<String> {
    let entries = deeds::log(&database.pool, Wanted::default(), 100).await.expect("read");
    entries.into_iter().map(|entry| entry.action).collect()
}

#[tokio::test]
async fn a_role_is_given_with_its_entry_its_mail_and_the_end_of_sessions() {
    let database = Database::new().await;
    let ada = owner(&database, "ada@example.org").await;
    let mira = member(&database, "mira@example.org").await;
    let change = async |actor: &Actor, id, role| {
        roles::change(&database.pool, &cause(), actor, id, role).await.expect("asked")
    };
    assert_eq!(sessions_of(&database, mira).await, 1);
    assert_eq!(change(&ada, mira, Role::Support).await, Ok(()));
    assert_eq!((role_of(&database, mira).await, sessions_of(&database, mira).await), (Role::Support, 0));
    assert_eq!(jobs(&database, "send_mail").await.len(), 1);
    assert_eq!(change(&ada, mira, Role::Support).await, Err(RoleError::Stale(StaleTransition)));
    let nobody = AccountId::new(cause().at);
    assert_eq!(change(&ada, nobody, Role::Support).await, Err(RoleError::Stale(StaleTransition)));
    let unverified = account(&database, "noor@example.org").await;
    assert_eq!(change(&ada, unverified, Role::Support).await, Err(RoleError::Unverified));

    let wanted = Wanted { subject_id: Some(mira), ..Wanted::default() };
    let entries = deeds::log(&database.pool, wanted, 100).await.expect("read");
    assert_eq!(entries.len(), 1, "what was refused is no entry");
    let entry = &entries[0];
    assert_eq!((entry.actor_id, entry.actor_email.as_deref()), (ada.account_id, Some("ada@example.org")));
    assert_eq!(
        (entry.before.clone(), entry.after.clone()),
        (Some(json!({"role": "customer"})), Some(json!({"role": "support"})))
    );
    assert_eq!(
        (entry.subject_email.as_deref(), entry.client_address.as_str()),
        (Some("mira@example.org"), "192.0.2.7")
    );
    assert_eq!(entry.request_id.as_deref(), Some("request-1"));
}

#[tokio::test]
async fn the_last_owner_stays() {
    let database = Database::new().await;
    let ada = owner(&database, "ada@example.org").await;
    let adas = ada.account_id.expect("hers");
    let operator = Actor { account_id: None, client_address: String::new() };
    let change = async |actor: &Actor, id, role| {
        roles::change(&database.pool, &cause(), actor, id, role).await.expect("asked")
    };
    let close = async |actor: &Actor, id| {
        closures::close(&database.pool, &cause(), actor, id, "why").await.expect("asked")
    };
    assert_eq!(change(&ada, adas, Role::Customer).await, Err(RoleError::Oneself));
    assert_eq!(close(&ada, adas).await, Err(ClosureError::Oneself));
    assert_eq!(change(&operator, adas, Role::Customer).await, Err(RoleError::LastOwner));
    assert_eq!(close(&operator, adas).await, Err(ClosureError::LastOwner));

    // Two owners who take each other's role at the same time: one of them is left.
    let noor = owner(&database, "noor@example.org").await;
    let noors = noor.account_id.expect("hers");
    let (one, other) = tokio::join!(change(&ada, noors, Role::Customer), change(&noor, adas, Role::Customer));
    assert!(matches!(
        (one, other),
        (Ok(()), Err(RoleError::LastOwner)) | (Err(RoleError::LastOwner), Ok(()))
    ));
    let owners: i64 = sqlx::query_scalar("select count(*) from accounts where role = 'owner'")
        .fetch_one(&database.pool)
        .await
        .expect("read");
    assert_eq!(owners, 1);
    assert_eq!(actions(&database).await, ["role.change", "owner.make", "owner.make"]);
}

#[tokio::test]
async fn a_closed_account_lets_nobody_in_until_it_is_open_again() {
    let database = Database::new().await;
    let ada = owner(&database, "ada@example.org").await;
    let mira = member(&database, "mira@example.org").await;
    let closed = async || {
        accounts::credentials(&database.pool, "mira@example.org")
            .await
            .expect("read")
            .expect("there")
            .is_closed
    };
    let close = async |actor: &Actor, id| {
        closures::close(&database.pool, &cause(), actor, id, "spam").await.expect("asked")
    };
    let reopen =
        async |id| closures::reopen(&database.pool, &cause(), &ada, id, "a mistake").await.expect("asked");
    assert_eq!(reopen(mira).await, Err(ClosureError::Stale(StaleTransition)));
    assert_eq!(close(&ada, mira).await, Ok(()));
    assert!(closed().await);
    assert_eq!(sessions_of(&database, mira).await, 0);
    assert_eq!(close(&ada, mira).await, Err(ClosureError::Stale(StaleTransition)));
    assert_eq!(reopen(mira).await, Ok(()));
    assert!(!closed().await);
    let entries = deeds::log(&database.pool, Wanted::default(), 2).await.expect("read");
    assert_eq!(entries[0].action, "account.reopen");
    assert_eq!(entries[1].after, Some(json!({ "closed": true, "reason": "spam" })));

    let manager = member(&database, "noor@example.org").await;
    roles::change(&database.pool, &cause(), &ada, manager, Role::Manager)
        .await
        .expect("asked")
        .expect("given");
    owner(&database, "mira@example.org").await;
    let noor = Actor { account_id: Some(manager), client_address: String::new() };
    assert_eq!(close(&noor, mira).await, Err(ClosureError::Outranked));
    assert_eq!(close(&ada, mira).await, Ok(()), "another owner may");
}

#[tokio::test]
async fn the_first_owner_is_made_once() {
    let database = Database::new().await;
    let make = async |email, another| {
        let wanted = NewOwner { email, password_hash: "$argon2id$new", another };
        owners::make(&database.pool, &cause(), wanted, None::<Sealing>).await
    };
    assert!(matches!(make("no address", false).await, Err(OwnerError::EmailMalformed)));
    let ada = make("ada@example.org", false).await.expect("made");
    assert!(matches!(make("noor@example.org", false).await, Err(OwnerError::ThereIsOne)));

    // Somebody opened an account with the address of the owner to be, and is in it.
    let mira = member(&database, "Mira@example.org").await;
    assert_eq!(make("mira@example.org", true).await.expect("promoted"), mira);
    assert_eq!((role_of(&database, mira).await, sessions_of(&database, mira).await), (Role::Owner, 0));
    let hash = accounts::credentials(&database.pool, "mira@example.org").await.expect("read").expect("there");
    assert_eq!(hash.password_hash, "$argon2id$new", "the password from before is none");

    let entries = deeds::log(&database.pool, Wanted::default(), 100).await.expect("read");
    assert_eq!(entries.len(), 2);
    assert!(entries.iter().all(|entry| entry.actor_id.is_none() && entry.action == "owner.make"));
    assert_eq!(entries[0].before, Some(json!({ "role": "customer" })));
    assert_eq!((entries[1].subject_id.clone(), entries[1].before.clone()), (ada.to_string(), None));
}

#[tokio::test]
async fn the_audit_log_is_added_to_and_never_changed() {
    let database = Database::new().await;
    let ada = owner(&database, "ada@example.org").await.account_id.expect("hers");
    for statement in [
        "update audit_entries set action = 'nothing'",
        "delete from audit_entries",
        "truncate audit_entries",
        "truncate audit_entries cascade",
    ] {
        let refused = sqlx::query(statement).execute(&database.pool).await.expect_err(statement);
        assert!(refused.to_string().contains("append-only"), "{statement}: {refused}");
    }
    // Whoever did something cannot be made to never have been.
    let ada = Actor { account_id: Some(ada), client_address: String::new() };
    let mira = member(&database, "mira@example.org").await;
    closures::close(&database.pool, &cause(), &ada, mira, "spam").await.expect("asked").expect("closed");
    let refused = sqlx::query("delete from accounts where role = 'owner'").execute(&database.pool).await;
    assert!(refused.expect_err("a deed names her").to_string().contains("audit_entries_actor_id_fkey"));
    assert_eq!(actions(&database).await, ["account.close", "owner.make"]);
}

#[tokio::test]
async fn a_change_that_does_not_come_about_leaves_no_entry() {
    let database = Database::new().await;
    let ada = owner(&database, "ada@example.org").await;
    let mira = member(&database, "mira@example.org").await;
    sqlx::query("alter table mails add constraint full_up check (kind <> 'role_changed')")
        .execute(&database.pool)
        .await
        .expect("spoiled");
    roles::change(&database.pool, &cause(), &ada, mira, Role::Support)
        .await
        .expect_err("no mail can be written");
    assert_eq!((role_of(&database, mira).await, sessions_of(&database, mira).await), (Role::Customer, 1));
    assert_eq!(actions(&database).await, ["owner.make"]);
}

#[tokio::test]
async fn accounts_are_found_by_a_part_of_their_address_or_name() {
    let database = Database::new().await;
    let mut ids = Vec::new();
    for (email, name) in
        [("mira@example.org", "Mira O"), ("noor@example.org", ""), ("100%_sure@example.org", "")]
    {
        let id = account(&database, email).await;
        let named = "update accounts set name = $2 where id = $1";
        sqlx::query(named).bind(id.0).bind(name).execute(&database.pool).await.expect("named");
        ids.push(id);
    }
    let search = async |words: &str, before| {
        let found = found::search(&database.pool, words, before, 10).await.expect("read");
        found.into_iter().map(|account| account.email).collect::<Vec<_>>()
    };
    assert_eq!(search("MIRA", None).await, ["mira@example.org"]);
    assert_eq!(search("a o", None).await, ["mira@example.org"]);
    assert_eq!(search("%_", None).await, ["100%_sure@example.org"]);
    assert_eq!(search("nobody", None).await, [""; 0]);
    assert_eq!(search("", None).await.len(), 3);
    assert_eq!(search("", Some(ids[1])).await, ["mira@example.org"], "older ones");
}
