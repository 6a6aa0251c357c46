//! Whether a provider is asked: pauses and their probes, pace, caps, and what a pause leaves untouched.

mod support;

use std::time::Duration;

use chrono::TimeDelta;
use shop::{
    audit::Actor,
    generations::{self, Begun, CallEnd, GenerationState, Terms},
    ids::{AccountId, GenerationId},
    jobs::Lane,
    providers::{self, Caps, OPENAI, Pause, Trouble},
    queue::{self, Claim, Ending, Handed},
    testing::{Database, TERMS, give_role},
};
use support::{account, answer, cause, jobs, requested};

const WORKER: &str = "painter";

async fn shop(calls_per_minute: i32) -> (Database, AccountId) {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    introduce(&database, calls_per_minute, [1; 32]).await;
    queue::beat(&database.pool, &[(WORKER.to_owned(), Lane::Generation)]).await.expect("known");
    (database, owner)
}

async fn introduce(database: &Database, calls_per_minute: i32, settings: [u8; 32]) {
    providers::introduce(&database.pool, &cause(), OPENAI, Lane::Generation, calls_per_minute, &settings)
        .await
        .expect("introduced");
}

async fn fetch(database: &Database) -> Vec<Handed> {
    queue::fetch(&database.pool, WORKER, Lane::Generation, 8).await.expect("handed out")
}

async fn begin(database: &Database, job: &Handed, id: GenerationId, terms: Terms<'_>) -> Begun {
    generations::begin(&database.pool, &cause(), &Claim::new(WORKER, job), id, terms).await.expect("answered")
}

fn id_of(job: &Handed) -> GenerationId {
    let stored: serde_json::Value = serde_json::from_slice(&job.payload).expect("json");
    stored["generation_id"].as_str().expect("an id").parse().expect("a uuid")
}

/// One call that fails like that; its job keeps its place.
async fn fail(database: &Database, job: &Handed, end: CallEnd) {
    let Begun::Draw(drawing) = begin(database, job, id_of(job), TERMS).await else {
        panic!("nothing to draw")
    };
    generations::end_call(&database.pool, &cause(), drawing.call_id, &end, None, "for staff")
        .await
        .expect("ended");
    keep(database, job).await;
}

async fn keep(database: &Database, job: &Handed) {
    let keep = Ending::KeepPlace { reason: "paused".to_owned() };
    queue::end(&database.pool, &cause(), WORKER, job, &keep).await.expect("kept");
}

fn billing() -> CallEnd {
    CallEnd::Paused(Trouble::Billing { code: "billing_hard_limit_reached".to_owned() })
}

async fn provider(database: &Database) -> providers::Provider {
    providers::all(&database.pool).await.expect("read").remove(0)
}

async fn sql(database: &Database, statement: &'static str) {
    sqlx::raw_sql(statement).execute(&database.pool).await.expect("done");
}

#[tokio::test]
async fn a_billing_limit_stops_everybody_and_costs_nobody_anything() {
    let (database, owner) = shop(0).await;
    let manager = account(&database, "manager@example.org").await;
    give_role(&database.pool, manager, "manager").await;
    let mut asked = Vec::new();
    for number in 0..5 {
        asked.push(requested(&database, owner, &format!("a fox, number {number}")).await);
    }
    let held = shop::credits::balance(&database.pool, owner).await.expect("read");
    let first = fetch(&database).await;
    assert_eq!(first.iter().map(id_of).collect::<Vec<_>>(), asked);
    // Four are on their way when the provider says it, and the last one has not begun.
    let mut calls = Vec::new();
    for job in &first[..4] {
        let Begun::Draw(drawing) = begin(&database, job, id_of(job), TERMS).await else { panic!("to draw") };
        calls.push((job, drawing.call_id));
    }
    for (job, call) in calls {
        generations::end_call(&database.pool, &cause(), call, &billing(), None, "for staff")
            .await
            .expect("ended");
        keep(&database, job).await;
    }
    assert_eq!(provider(&database).await.pause, Some(Pause::Billing));
    assert_eq!(
        begin(&database, &first[4], asked[4], TERMS).await,
        Begun::Paused,
        "handed out, but not asked for"
    );
    keep(&database, &first[4]).await;
    assert!(fetch(&database).await.is_empty(), "nothing is handed out");
    assert_eq!(jobs(&database, "send_mail").await.len(), 1, "one alert for one member of staff");

    let waiting: Vec<(i32, i32)> =
        sqlx::query_as("select attempts, max_attempts from apalis.jobs where job_type = 'generation'")
            .fetch_all(&database.pool)
            .await
            .expect("read");
    assert_eq!(waiting, [(0, 5); 5], "no attempt is used up");
    assert_eq!(shop::credits::balance(&database.pool, owner).await.expect("read"), held);

    // The probe is the oldest one, alone; failing, it tells nobody again and waits longer.
    sql(&database, "update providers set next_probe_at = now()").await;
    let probe = fetch(&database).await;
    assert_eq!(probe.iter().map(id_of).collect::<Vec<_>>(), asked[..1]);
    assert!(fetch(&database).await.is_empty(), "one probe at a time");
    fail(&database, &probe[0], billing()).await;
    let paused = provider(&database).await;
    let wait = paused.next_probe_at.expect("a probe") - cause().at;
    assert!((TimeDelta::minutes(4)..=TimeDelta::minutes(5)).contains(&wait), "{wait}");
    assert_eq!(jobs(&database, "send_mail").await.len(), 1, "still one");

    sql(&database, "update providers set next_probe_at = now()").await;
    let probe = fetch(&database).await;
    let Begun::Draw(drawing) = begin(&database, &probe[0], asked[0], TERMS).await else { panic!("to draw") };
    generations::answered(&database.pool, &cause(), drawing.call_id, &answer(2)).await.expect("answered");
    assert_eq!(provider(&database).await.pause, None);
    assert_eq!(fetch(&database).await.iter().map(id_of).collect::<Vec<_>>(), asked[1..], "in their order");
}

#[tokio::test]
async fn a_call_that_began_before_the_pause_ends_nothing_and_delays_nothing() {
    let (database, owner) = shop(0).await;
    requested(&database, owner, "a fox").await;
    requested(&database, owner, "a hare").await;
    let both = fetch(&database).await;
    let Begun::Draw(early) = begin(&database, &both[0], id_of(&both[0]), TERMS).await else {
        panic!("to draw")
    };
    fail(&database, &both[1], billing()).await;
    let before = provider(&database).await.next_probe_at;
    generations::answered(&database.pool, &cause(), early.call_id, &answer(1)).await.expect("answered");
    let after = provider(&database).await;
    assert_eq!((after.pause, after.next_probe_at), (Some(Pause::Billing), before));
}

#[tokio::test]
async fn a_wrong_setting_pauses_until_it_is_changed() {
    let (database, owner) = shop(0).await;
    requested(&database, owner, "a fox").await;
    let job = fetch(&database).await.remove(0);
    let detail = "OPENAI_API_KEY: invalid_api_key".to_owned();
    fail(&database, &job, CallEnd::Paused(Trouble::Configuration { detail })).await;
    let paused = provider(&database).await;
    assert_eq!(paused.pause, Some(Pause::Configuration));
    assert_eq!(paused.pause_detail.as_deref(), Some("OPENAI_API_KEY: invalid_api_key"));
    let wait = paused.next_probe_at.expect("a probe") - cause().at;
    assert!(
        (TimeDelta::minutes(59)..=TimeDelta::minutes(60)).contains(&wait),
        "it rarely mends itself: {wait}"
    );
    introduce(&database, 0, [1; 32]).await;
    assert!(fetch(&database).await.is_empty(), "a restart alone changes nothing");
    introduce(&database, 0, [2; 32]).await;
    assert_eq!(fetch(&database).await.len(), 1, "other settings are tried");
}

#[tokio::test]
async fn a_rate_limit_slows_everybody_down_and_pauses_nobody() {
    let (database, owner) = shop(0).await;
    requested(&database, owner, "a fox").await;
    requested(&database, owner, "a hare").await;
    let job = fetch(&database).await.remove(0);
    sql(&database, "update apalis.jobs set status = 'Pending', lock_by = null where id <> (select min(id) from apalis.jobs)").await;
    fail(&database, &job, CallEnd::RateLimited { pause: Duration::from_mins(1) }).await;
    let slowed = provider(&database).await;
    assert_eq!(slowed.pause, None);
    assert!(fetch(&database).await.is_empty());
    sql(&database, "delete from job_attempts; update providers set free_at = now()").await;
    assert_eq!(fetch(&database).await.len(), 2);
}

#[tokio::test]
async fn a_pace_lets_through_what_it_says() {
    let (database, owner) = shop(30).await;
    for number in 0..10 {
        requested(&database, owner, &format!("a fox, number {number}")).await;
    }
    sql(&database, "update providers set free_at = now() - interval '1 hour'").await;
    let (began, mut handed) = (std::time::Instant::now(), 0);
    for _ in 0..10 {
        handed += fetch(&database).await.len();
    }
    // A tenth of a minute's calls at once, and one more every two seconds.
    let most = 3 + usize::try_from(began.elapsed().as_secs() / 2).expect("a short test");
    assert!((3..=most).contains(&handed), "{handed}");
}

#[tokio::test]
async fn our_own_cap_stops_before_the_money_is_spent() {
    let (database, owner) = shop(0).await;
    let manager = account(&database, "manager@example.org").await;
    give_role(&database.pool, manager, "manager").await;
    // Two drafts of 50,000 each: the second request would pass the cap, the first one reaches 80%.
    let terms = Terms { caps: Caps { daily: Some(120_000), monthly: None }, ..TERMS };
    let first = requested(&database, owner, "a fox").await;
    let second = requested(&database, owner, "a hare").await;
    let both = fetch(&database).await;
    let Begun::Draw(drawing) = begin(&database, &both[0], first, terms).await else { panic!("to draw") };
    assert_eq!(jobs(&database, "send_mail").await.len(), 1, "warned at 80%");
    assert_eq!(begin(&database, &both[1], second, terms).await, Begun::Paused);
    let paused = provider(&database).await;
    assert_eq!(paused.pause, Some(Pause::OwnCap));
    assert!(paused.next_probe_at.is_some_and(|at| at > cause().at && at <= cause().at + TimeDelta::days(1)));
    assert_eq!(providers::spent(&database.pool, cause().at, OPENAI).await.expect("read").today, 100_000);
    // What came is cheaper than thought.
    generations::answered(&database.pool, &cause(), drawing.call_id, &answer(2)).await.expect("answered");
    assert_eq!(providers::spent(&database.pool, cause().at, OPENAI).await.expect("read").today, 40_000);

    // Another cap is tried as soon as a worker starts with it.
    keep(&database, &both[1]).await;
    assert!(fetch(&database).await.is_empty(), "not before there is something to spend again");
    introduce(&database, 0, [2; 32]).await;
    assert_eq!(fetch(&database).await.iter().map(id_of).collect::<Vec<_>>(), [second]);
}

#[tokio::test]
async fn an_ambiguous_call_counts_as_spent_and_a_failed_one_does_not() {
    let (database, owner) = shop(0).await;
    let id = requested(&database, owner, "a fox").await;
    let job = fetch(&database).await.remove(0);
    let spent = async || providers::spent(&database.pool, cause().at, OPENAI).await.expect("read").month;
    for (end, after) in [(CallEnd::Failed, 0), (CallEnd::Ambiguous, 100_000)] {
        let Begun::Draw(drawing) = begin(&database, &job, id, TERMS).await else { panic!("to draw") };
        assert_eq!(spent().await, 100_000, "while it is open");
        generations::end_call(&database.pool, &cause(), drawing.call_id, &end, None, "x")
            .await
            .expect("ended");
        assert_eq!(spent().await, after, "{end:?}");
    }
}

#[tokio::test]
async fn staff_try_now_stay_paused_pause_and_resume() {
    let (database, owner) = shop(0).await;
    let staff = Actor { account_id: Some(owner), client_address: "192.0.2.1".to_owned() };
    let db = &database.pool;
    requested(&database, owner, "a fox").await;
    assert!(
        providers::try_now(db, &cause(), &staff, OPENAI).await.expect("answered").is_err(),
        "nothing to try"
    );
    assert!(
        providers::pause_by_staff(db, &cause(), &staff, OPENAI, "moving").await.expect("answered").is_ok()
    );
    assert!(fetch(&database).await.is_empty());
    assert!(providers::resume_by_staff(db, &cause(), &staff, OPENAI).await.expect("answered").is_ok());
    let job = fetch(&database).await.remove(0);
    fail(&database, &job, billing()).await;
    assert!(providers::stay_paused(db, &cause(), &staff, OPENAI).await.expect("answered").is_ok());
    assert_eq!(provider(&database).await.next_probe_at, None);
    assert!(providers::try_now(db, &cause(), &staff, OPENAI).await.expect("answered").is_ok());
    assert_eq!(fetch(&database).await.len(), 1);
    let entries: i64 =
        sqlx::query_scalar("select count(*) from audit_entries where subject_kind = 'provider'")
            .fetch_one(db)
            .await
            .expect("counted");
    assert_eq!(entries, 4);
}

#[tokio::test]
async fn past_the_promised_time_the_credits_are_back() {
    let (database, owner) = shop(0).await;
    let id = requested(&database, owner, "a fox").await;
    let drawn = requested(&database, owner, "a hare").await;
    let both = fetch(&database).await;
    let Begun::Draw(_) = begin(&database, &both[1], drawn, TERMS).await else { panic!("to draw") };
    let late = shop::Cause { at: cause().at + TimeDelta::hours(25), request_id: None };
    sql(&database, "update provider_calls set started_at = started_at + interval '24 hours 58 minutes'")
        .await;
    assert_eq!(
        generations::expire_overdue(&database.pool, &late).await.expect("swept"),
        1,
        "not the one being drawn"
    );
    let expired = generations::find(&database.pool, owner, id).await.expect("read").expect("there");
    assert_eq!(expired.state, GenerationState::Failed);
    assert!(expired.problem.expect("told").contains("Nothing was charged"));
    let balance = shop::credits::balance(&database.pool, owner).await.expect("read");
    assert_eq!((balance.available, balance.held), (998, 2));
}

#[tokio::test]
async fn after_five_failures_in_a_row_everybody_waits_a_minute_and_a_success_ends_it() {
    let (database, owner) = shop(0).await;
    for number in 0..6 {
        requested(&database, owner, &format!("a fox, number {number}")).await;
    }
    let handed = fetch(&database).await;
    let free_in = async || provider(&database).await.free_at - cause().at;
    for (failures, job) in (1..).zip(&handed[..5]) {
        fail(&database, job, if failures % 2 == 0 { CallEnd::Ambiguous } else { CallEnd::Failed }).await;
        let wait = free_in().await;
        assert_eq!(wait > TimeDelta::seconds(55), failures == 5, "{failures}: {wait}");
    }
    assert_eq!(provider(&database).await.pause, None, "it is no pause: it ends by itself");
    assert!(fetch(&database).await.is_empty(), "nothing is handed out");

    // The one that was under way is answered.
    let id = id_of(&handed[5]);
    let Begun::Draw(drawing) = begin(&database, &handed[5], id, TERMS).await else { panic!("to draw") };
    generations::answered(&database.pool, &cause(), drawing.call_id, &answer(2)).await.expect("answered");
    sql(&database, "update providers set free_at = now()").await;
    let next = fetch(&database).await;
    fail(&database, &next[0], CallEnd::Failed).await;
    assert!(free_in().await < TimeDelta::seconds(1), "counted from the start again");
}

#[tokio::test]
async fn staff_are_told_of_the_end_of_a_model_thirty_seven_and_one_days_before_and_once_each() {
    use chrono::{Days, NaiveDate};
    use providers::{Listed, check_model};
    let (database, _) = shop(0).await;
    let manager = account(&database, "manager@example.org").await;
    give_role(&database.pool, manager, "manager").await;
    let end = NaiveDate::from_ymd_opt(2026, 12, 31).expect("a day");
    let mails = async || jobs(&database, "send_mail").await.len();
    let mut told = Vec::new();
    for left in (0..40).rev() {
        let day = (end - Days::new(left)).and_hms_opt(6, 0, 0).expect("a time").and_utc();
        let before = mails().await;
        for _ in 0..2 {
            let cause = shop::Cause { at: day, request_id: None };
            check_model(&database.pool, &cause, "OPENAI_IMAGE_MODEL", "gpt-image", Listed::Until(end))
                .await
                .expect("checked");
        }
        if mails().await > before {
            told.push(left);
        }
    }
    assert_eq!(told, [30, 14, 7, 1]);
    assert_eq!(mails().await, 4);
    for listed in [Listed::Open, Listed::Nowhere, Listed::Nowhere] {
        check_model(&database.pool, &cause(), "OPENAI_IMAGE_MODEL", "gpt-image", listed)
            .await
            .expect("checked");
    }
    assert_eq!(mails().await, 5, "and once that it is not there");
}

#[tokio::test]
async fn a_call_whose_worker_died_holds_no_promise_back() {
    let (database, owner) = shop(0).await;
    let id = requested(&database, owner, "a fox").await;
    let job = fetch(&database).await.remove(0);
    let Begun::Draw(_) = begin(&database, &job, id, TERMS).await else { panic!("to draw") };
    let state =
        async || generations::find(&database.pool, owner, id).await.expect("read").expect("there").state;
    let minutes = |minutes| shop::Cause { at: cause().at + TimeDelta::minutes(minutes), request_id: None };
    generations::expire_overdue(&database.pool, &minutes(10)).await.expect("swept");
    assert_eq!(state().await, GenerationState::Generating, "it may be under way");
    generations::expire_overdue(&database.pool, &minutes(30)).await.expect("swept");
    assert_eq!(state().await, GenerationState::Queued, "it can be cancelled again");
    assert_eq!(generations::expire_overdue(&database.pool, &minutes(25 * 60)).await.expect("swept"), 1);
    assert_eq!(state().await, GenerationState::Failed);
    assert_eq!(shop::credits::balance(&database.pool, owner).await.expect("read").held, 0);
    let lost: i64 = sqlx::query_scalar("select count(*) from provider_calls where state = 'ambiguous'")
        .fetch_one(&database.pool)
        .await
        .expect("counted");
    assert_eq!(lost, 1, "and it counts as spent");
}

#[tokio::test]
async fn a_probe_with_nothing_to_ask_for_hands_on() {
    let (database, owner) = shop(0).await;
    let gone = requested(&database, owner, "a fox").await;
    let next = requested(&database, owner, "a hare").await;
    let both = fetch(&database).await;
    fail(&database, &both[0], billing()).await;
    keep(&database, &both[1]).await;
    let cancelled = generations::cancel(&database.pool, &cause(), owner, gone).await.expect("answered");
    assert!(cancelled.is_ok());
    sql(&database, "update providers set next_probe_at = now()").await;
    let probe = fetch(&database).await;
    assert_eq!(probe.iter().map(id_of).collect::<Vec<_>>(), [gone]);
    assert_eq!(begin(&database, &probe[0], gone, TERMS).await, Begun::Nothing);
    let claim = Claim::new(WORKER, &probe[0]);
    providers::pass_probe_on(&database.pool, OPENAI, &claim).await.expect("passed on");
    assert_eq!(fetch(&database).await.iter().map(id_of).collect::<Vec<_>>(), [next], "without a wait");
    assert_eq!(provider(&database).await.probes, 1);
}

#[tokio::test]
async fn staff_have_the_last_word_over_what_calls_show() {
    let (database, owner) = shop(0).await;
    let staff = Actor { account_id: Some(owner), client_address: String::new() };
    for prompt in ["a fox", "a hare"] {
        requested(&database, owner, prompt).await;
    }
    let both = fetch(&database).await;
    let mut calls = Vec::new();
    for job in &both {
        let Begun::Draw(drawing) = begin(&database, job, id_of(job), TERMS).await else { panic!("to draw") };
        calls.push(drawing.call_id);
    }
    let db = &database.pool;
    assert!(
        providers::pause_by_staff(db, &cause(), &staff, OPENAI, "prices rose")
            .await
            .expect("answered")
            .is_ok()
    );
    sql(&database, "update provider_calls set started_at = now() + interval '1 second'").await;
    generations::end_call(db, &cause(), calls[0], &billing(), None, "for staff").await.expect("ended");
    let paused = provider(&database).await;
    assert_eq!(
        (paused.pause, paused.next_probe_at),
        (Some(Pause::Staff), None),
        "no call makes it another pause"
    );
    assert!(providers::resume_by_staff(db, &cause(), &staff, OPENAI).await.expect("answered").is_ok());

    sql(&database, "update provider_calls set state = 'open', ended_at = null, error = null").await;
    generations::end_call(db, &cause(), calls[0], &billing(), None, "for staff").await.expect("ended");
    assert!(providers::stay_paused(db, &cause(), &staff, OPENAI).await.expect("answered").is_ok());
    generations::answered(db, &cause(), calls[1], &answer(1)).await.expect("answered");
    let paused = provider(&database).await;
    assert_eq!(
        (paused.pause, paused.next_probe_at),
        (Some(Pause::Billing), None),
        "it stays, whatever comes through"
    );
}
