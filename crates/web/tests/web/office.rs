//! The office: who sees which page, what staff do and what is written down of it.

use reqwest::StatusCode;
use shop::{
    Cause,
    accounts::{Duty, Role},
    carts::Owner,
    generations::{self, Wish},
    ids::{AccountId, StrikeId},
    mails::{Letter, MailKind},
    sources::{self, Brought, SourceImage},
    testing::{self, LIMITS},
};
use strum::VariantArray;
use web::{
    admission::Access,
    routes::{Listed, table},
};

use crate::support::{Answer, Browser, Shop};

pub async fn entries(shop: &Shop) -> Vec<(String, serde_json::Value, serde_json::Value)> {
    let sql =
        "select action, coalesce(before, 'null'), coalesce(after, 'null') from audit_entries order by id";
    sqlx::query_as(sql).fetch_all(shop.db()).await.expect("read")
}

pub async fn post(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let csrf = browser.csrf("/account/second-factor").await;
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend(fields);
    browser.post(path, &all).await
}

/// A mail as a transition writes it, in this state.
async fn mail(shop: &Shop, id: AccountId, state: &str) {
    let letter = Letter::VerifyEmail { next: "/secret-path".to_owned(), browser: Some("beef".to_owned()) };
    let kind: &str = MailKind::from(&letter).into();
    let insert = "insert into mails (id, account_id, recipient, kind, details, dedupe_key, state, problem, created_at, sent_at)
                  values (gen_random_uuid(), $1, (select email from accounts where id = $1), $2, '{\"next\": \"/secret-path\", \"browser\": \"beef\"}',
                          gen_random_uuid()::text, $3, case when $3 = 'failed' then 'no mail server took it' end, now(),
                          case when $3 = 'sent' then now() end)";
    sqlx::query(insert).bind(id.0).bind(kind).bind(state).execute(shop.db()).await.expect("written");
}

/// A sentence of theirs that was turned down, with a picture that they brought along.
async fn struck_with_a_picture(shop: &Shop, whose: AccountId) -> StrikeId {
    let (db, cause) = (shop.db(), Cause::now(None));
    let brought = Brought { bytes: b"a jpeg".to_vec(), width: 64, height: 64, sha256: [1; 32] };
    let source = sources::stage(db, &cause, whose, &brought).await.expect("staged");
    let wish = Wish { source: Some(SourceImage::Brought(source)), ..testing::wish("a fox in it") };
    testing::give_credits(db, whose, 1).await;
    let request = generations::request(db, &cause, whose, &wish, LIMITS).await;
    let id = request.expect("answered").expect("accepted");
    let strike = StrikeId::new(cause.at);
    let insert = "insert into strikes (id, account_id, generation_id, source, detail, created_at) values ($1, $2, $3, 'moderation', 'violence', now())";
    sqlx::query(insert).bind(strike).bind(whose).bind(id).execute(db).await.expect("struck");
    strike
}

/// A coupon, made past the office.
async fn coupon(shop: &Shop) -> String {
    let insert = "insert into coupons (id, code, kind, value, starts_at, created_at)
                  values (gen_random_uuid(), 'SPRING', 'percent', 1000, now(), now()) returning id::text";
    sqlx::query_scalar(insert).fetch_one(shop.db()).await.expect("made")
}

/// Whether an address is a part of the office: what stands below one is linked to from there.
fn leads_to_a_part(pattern: &str) -> bool {
    pattern.split('/').count() <= 3
}

#[tokio::test]
async fn each_role_finds_exactly_what_it_may_open() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let mira = shop.account_id("mira@example.org").await;
    // These pages are there only with what they are about.
    let strike = struck_with_a_picture(&shop, mira).await.to_string();
    let (_, image) = shop.stored("mira@example.org", "a fox").await;
    let order = testing::placed(shop.db(), Owner::Account(mira), "mira@example.org", image).await.to_string();
    let prices = crate::prices::first(&shop, "EUR").await;
    let coupon = coupon(&shop).await;
    let pages: Vec<(Listed, Duty)> = table()
        .listed
        .into_iter()
        .filter_map(|listed| match listed.access {
            Access::Staff(duty) => Some((listed, duty)),
            Access::Anybody | Access::Member | Access::MemberByPage => None,
        })
        .collect();
    assert!(pages.len() >= 8);
    assert!(pages.iter().all(|(listed, _)| listed.pattern.starts_with("/admin")));
    assert!(
        table().listed.iter().filter(|listed| listed.pattern.starts_with("/admin")).count() == pages.len(),
        "every page of the office is for staff"
    );
    for role in Role::VARIANTS {
        let browser = shop.staff(*role).await;
        let home = browser.get("/gallery").await;
        assert_eq!(
            home.text.contains("href=\"/admin\""),
            role.is_staff(),
            "{role:?}: the link in the header"
        );
        for (Listed { pattern, methods, .. }, duty) in &pages {
            let about = match pattern.split(":id").next() {
                Some("/admin/strikes/") if pattern.ends_with("/source") => strike.clone(),
                Some("/admin/orders/") => order.clone(),
                Some("/admin/prices/") => prices.clone(),
                Some("/admin/coupons/") => coupon.clone(),
                _ => mira.to_string(),
            };
            let path = pattern.replace(":id", &about).replace(":name", "openai");
            let expected = if role.may(*duty) { StatusCode::OK } else { StatusCode::NOT_FOUND };
            if methods.contains("GET") {
                let answer = browser.get(&path).await;
                assert_eq!(answer.status, expected, "{role:?}: GET {path}");
                if answer.header("content-type") == "image/jpeg" {
                    assert_eq!(answer.header("cache-control"), "private, no-store", "{path}");
                    continue;
                }
                assert_eq!(answer.header("cache-control"), "no-store", "{path}");
                // What is linked to can be opened, and what can be opened is linked to.
                for (Listed { pattern: other, .. }, duty) in
                    pages.iter().filter(|(page, _)| leads_to_a_part(page.pattern))
                {
                    if role.may(Duty::EnterOffice) && expected == StatusCode::OK {
                        let linked = answer.text.contains(&format!("<li><a href=\"{other}\""));
                        assert_eq!(linked, role.may(*duty), "{role:?}: {path} links to {other}");
                    }
                }
            }
            if methods.contains("POST") {
                // An empty form is refused for what is in it, by whoever may send it, and one without fields finds nothing to
                // do; to others there is no such address.
                let status = post(&browser, &path, &[]).await.status;
                let met = [StatusCode::UNPROCESSABLE_ENTITY, StatusCode::BAD_REQUEST, StatusCode::SEE_OTHER];
                assert_eq!(met.contains(&status), role.may(*duty), "{role:?}: POST {path}: {status}");
                assert!(
                    role.may(*duty) || status == StatusCode::NOT_FOUND,
                    "{role:?}: POST {path}: {status}"
                );
            }
        }
    }
    let guest = shop.browser();
    assert_eq!(
        guest.get("/admin/accounts?q=mira").await.location(),
        "/sign-in?next=%2Fadmin%2Faccounts%3Fq%3Dmira"
    );
    assert!(entries(&shop).await.is_empty());
}

#[tokio::test]
async fn staff_without_codes_are_led_to_set_them_up() {
    let shop = Shop::open().await;
    shop.hire("support@example.org", Role::Support).await;
    let browser = shop.browser();
    assert_eq!(browser.sign_in("support@example.org", "/admin").await.location(), "/admin");
    for Listed { pattern, access, methods, .. } in table().listed {
        if let Access::Staff(duty) = access {
            let path = pattern.replace(":id", "0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11");
            let answer = if methods.contains("GET") {
                browser.get(&path).await
            } else {
                post(&browser, &path, &[]).await
            };
            if Role::Support.may(duty) {
                assert_eq!(answer.location(), "/account/second-factor", "{path}");
            } else {
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            }
        }
    }
    assert!(browser.get("/account/second-factor").await.text.contains("The office opens with a code only"));
}

#[tokio::test]
async fn power_asks_for_a_fresh_proof() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let mira = shop.account_id("mira@example.org").await;
    let owner = shop.staff(Role::Owner).await;
    let page = format!("/admin/accounts/{mira}");
    shop.nobody_confirmed_for(11).await;
    assert_eq!(owner.get(&page).await.status, StatusCode::OK, "looking needs none");
    for (action, field) in [
        ("closure", ("reason", "spam")),
        ("reopening", ("reason", "a mistake")),
        ("role", ("role", "support")),
    ] {
        let answer = post(&owner, &format!("{page}/{action}"), &[field]).await;
        assert_eq!(answer.location(), format!("/confirmation?next=%2Fadmin%2Faccounts%2F{mira}"), "{action}");
    }
    assert!(entries(&shop).await.is_empty(), "nothing was changed yet");
    shop.nobody_confirmed_for(9).await;
    let answer = post(&owner, &format!("{page}/closure"), &[("reason", "")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "nine minutes are fresh enough");

    shop.nobody_confirmed_for(11).await;
    assert!(owner.get("/confirmation").await.text.contains("name=\"code\""));
    let wrong = post(&owner, "/confirmation", &[("code", "000000"), ("next", &page)]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let by_password =
        post(&owner, "/confirmation", &[("password", crate::support::PASSWORD), ("next", &page)]).await;
    assert_eq!(by_password.status, StatusCode::UNPROCESSABLE_ENTITY, "who has codes gives one");
    let code = shop.code("owner@example.org", &shop.secret("owner@example.org").await).await;
    let answer = post(&owner, "/confirmation", &[("code", &code), ("next", &page)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, page.as_str()));
    let answer = post(&owner, &format!("{page}/closure"), &[("reason", "spam")]).await;
    assert_eq!(answer.location(), page);
    assert_eq!(entries(&shop).await.len(), 1);
    let again = post(&owner, "/confirmation", &[("code", &code), ("next", &page)]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "that code is used up");
}

#[tokio::test]
async fn an_account_is_closed_and_opened_with_a_reason() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let id = shop.account_id("mira@example.org").await;
    let manager = shop.staff(Role::Manager).await;
    let page = format!("/admin/accounts/{id}");
    let too_long = "x".repeat(501);
    for wrong in ["", "  ", "a\0b", too_long.as_str()] {
        let answer = post(&manager, &format!("{page}/closure"), &[("reason", wrong)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
        assert!(answer.text.contains("id=\"reason-error\""), "{wrong:?}");
    }
    let answer = post(&manager, &format!("{page}/closure"), &[("reason", " sends <b>spam</b> ")]).await;
    assert_eq!(answer.location(), page);
    assert_eq!(mira.get("/generations").await.status, StatusCode::SEE_OTHER, "signed out");
    let refused = shop.browser().sign_in("mira@example.org", "").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("This account is closed"), "{}", refused.text);
    let shown = manager.get(&page).await;
    assert!(
        shown.text.contains("Open the account again") && shown.text.contains("sends &lt;b&gt;spam"),
        "{}",
        shown.text
    );
    assert!(manager.get("/admin/accounts?q=MIRA").await.text.contains("Closed"));
    let twice = post(&manager, &format!("{page}/closure"), &[("reason", "again")]).await;
    assert_eq!(twice.location(), page);
    assert!(manager.get(&page).await.text.contains("nothing to change any more"));
    post(&manager, &format!("{page}/reopening"), &[("reason", "a mistake")]).await;
    assert_eq!(shop.browser().sign_in("mira@example.org", "").await.location(), "/generations");

    let entries = entries(&shop).await;
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0].0, "account.close");
    assert_eq!(entries[0].2, serde_json::json!({ "closed": true, "reason": "sends <b>spam</b>" }));
    let log = manager.get("/admin/audit").await;
    assert!(
        log.text.contains("opened the account again of") && log.text.contains("a mistake"),
        "{}",
        log.text
    );
    let own = shop.account_id("manager@example.org").await;
    for (query, found) in
        [(format!("actor={own}"), true), (format!("subject={id}"), true), (format!("actor={id}"), false)]
    {
        let log = manager.get(&format!("/admin/audit?{query}")).await;
        assert_eq!(log.text.contains("a mistake"), found, "{query}");
    }
    assert_eq!(manager.get("/admin/audit?actor=nonsense").await.status, StatusCode::NOT_FOUND);

    // Not oneself, and not whoever gave one the role.
    let answer = post(&manager, &format!("/admin/accounts/{own}/closure"), &[("reason", "tired")]).await;
    assert!(
        answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.text.contains("your own account"),
        "{}",
        answer.text
    );
    shop.hire("ada@example.org", Role::Owner).await;
    shop.hire("noor@example.org", Role::Owner).await;
    let ada = shop.account_id("ada@example.org").await;
    let answer = post(&manager, &format!("/admin/accounts/{ada}/closure"), &[("reason", "revolt")]).await;
    assert!(answer.text.contains("Only an owner closes"), "{}", answer.text);
    assert!(!manager.get(&format!("/admin/accounts/{own}")).await.text.contains("name=\"reason\""));
}

#[tokio::test]
async fn owners_give_roles_and_whoever_gets_one_starts_anew() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let id = shop.account_id("mira@example.org").await;
    sqlx::query("update accounts set email_verified_at = null where id = $1")
        .bind(id.0)
        .execute(shop.db())
        .await
        .expect("set");
    let owner = shop.staff(Role::Owner).await;
    let path = format!("/admin/accounts/{id}/role");
    let unverified = post(&owner, &path, &[("role", "support")]).await;
    assert!(
        unverified.status == StatusCode::UNPROCESSABLE_ENTITY && unverified.text.contains("never verified")
    );
    sqlx::query("update accounts set email_verified_at = now()").execute(shop.db()).await.expect("set");
    assert_eq!(post(&owner, &path, &[("role", "emperor")]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(post(&owner, &path, &[("role", "support")]).await.location(), format!("/admin/accounts/{id}"));
    assert_eq!(mira.get("/generations").await.status, StatusCode::SEE_OTHER, "signed out");
    let browser = shop.browser();
    browser.sign_in("mira@example.org", "").await;
    assert_eq!(browser.get("/admin").await.location(), "/account/second-factor");
    let mails: i64 = sqlx::query_scalar(
        "select count(*) from mails where kind = 'role_changed' and details ->> 'role' = 'support'",
    )
    .fetch_one(shop.db())
    .await
    .expect("read");
    assert_eq!(mails, 1);
    let own = shop.account_id("owner@example.org").await;
    let answer = post(&owner, &format!("/admin/accounts/{own}/role"), &[("role", "customer")]).await;
    assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.text.contains("your own role"));
    let entries = entries(&shop).await;
    assert_eq!(entries.len(), 1);
    assert_eq!(
        (entries[0].1["role"].as_str(), entries[0].2["role"].as_str()),
        (Some("customer"), Some("support"))
    );
}

#[tokio::test]
async fn the_log_of_mails_tells_what_became_of_them_and_not_what_they_say() {
    let shop = Shop::open().await;
    let mira = shop.hire("mira@example.org", Role::Customer).await;
    let noor = shop.hire("noor@example.org", Role::Customer).await;
    mail(&shop, mira, "failed").await;
    mail(&shop, mira, "sent").await;
    mail(&shop, noor, "queued").await;
    let support = shop.staff(Role::Support).await;
    let overview = support.get("/admin").await;
    assert!(
        overview
            .text
            .contains("<p class=\"matter-count\">1</p>\n    <h2><a href=\"/admin/mails?state=failed\">"),
        "{}",
        overview.text
    );
    let count = |answer: &Answer| answer.text.matches("<strong>Verify email</strong>").count();
    let all = support.get("/admin/mails").await;
    assert_eq!(count(&all), 3);
    assert!(all.text.contains("no mail server took it"));
    for hidden in ["secret-path", "beef", "/verifications/"] {
        assert!(!all.text.contains(hidden), "{hidden} is shown");
    }
    for (query, found) in [
        ("state=failed".to_owned(), 1),
        ("state=sent".to_owned(), 1),
        (format!("account={mira}"), 2),
        (format!("account={mira}&state=queued"), 0),
        (format!("account={noor}&state=queued"), 1),
        ("state=&account=".to_owned(), 3),
    ] {
        assert_eq!(count(&support.get(&format!("/admin/mails?{query}")).await), found, "{query}");
    }
    for nonsense in ["state=lost", "account=1", "before=1"] {
        let answer = support.get(&format!("/admin/mails?{nonsense}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{nonsense}");
    }
    let page = support.get(&format!("/admin/accounts/{mira}")).await;
    assert_eq!(count(&page), 2);
    assert!(!page.text.contains("What staff did here"), "the audit log is for managers");
}

#[tokio::test]
async fn long_lists_go_on_with_what_was_asked_for() {
    let shop = Shop::open().await;
    let support = shop.staff(Role::Support).await;
    let fill = "insert into accounts (id, email, password_hash, created_at)
                select ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'guest' || n || '@example.org', '!', now()
                from generate_series(1, 65) n";
    sqlx::query(fill).execute(shop.db()).await.expect("filled");
    let (mut path, mut seen) = ("/admin/accounts?q=guest".to_owned(), 0);
    for page in 0.. {
        let answer = support.get(&path).await;
        seen += answer.text.matches("@example.org</a>").count();
        let Some(next) =
            answer.text.split("rel=\"next\"").next().filter(|_| answer.text.contains("rel=\"next\""))
        else {
            assert_eq!(page, 2);
            break;
        };
        path =
            next.rsplit("href=\"").next().expect("a link").trim_end_matches(['"', ' ']).replace("&amp;", "&");
        assert!(path.starts_with("/admin/accounts?q=guest&before="), "{path}");
    }
    assert_eq!(seen, 65);
    let answer = support.get("/admin/accounts?q=%00guest65").await;
    assert!(answer.status == StatusCode::OK && answer.text.contains("guest65@example.org"));
    assert!(support.get("/admin/accounts?q=nobody").await.text.contains("No account has this"));
}
