//! Sessions.

mod support;

use chrono::Duration;
use shop::{
    Cause,
    sessions::{self, Browser},
    testing::Database,
};
use support::{account, cause};

const BROWSER: Browser<'static> = Browser { user_agent: "Netscape 4", address: "192.0.2.7" };

#[tokio::test]
async fn a_session_ends_when_idle_when_old_and_when_told() {
    let database = Database::new().await;
    let id = account(&database, "a@example.org").await;
    let start = cause();
    let hash = [3; 32];
    sessions::begin(&database.pool, &start, id, &hash, BROWSER, None).await.expect("begun").expect("open");
    let visitor = async |after: Duration| {
        sessions::visitor(&database.pool, &hash, start.at + after).await.expect("read")
    };
    assert_eq!(visitor(Duration::days(13)).await.expect("used in time").account_id, id);
    assert!(visitor(Duration::days(26)).await.is_some(), "use keeps it");
    assert!(visitor(Duration::days(41)).await.is_none(), "idle for longer than {}", sessions::IDLE_LIMIT);

    let hash = [4; 32];
    sessions::begin(&database.pool, &start, id, &hash, BROWSER, None).await.expect("begun").expect("open");
    for day in [10, 20, 30, 40, 50] {
        assert!(
            sessions::visitor(&database.pool, &hash, start.at + Duration::days(day))
                .await
                .expect("read")
                .is_some()
        );
    }
    assert!(
        sessions::visitor(&database.pool, &hash, start.at + Duration::days(61))
            .await
            .expect("read")
            .is_none(),
        "old"
    );

    let now = Cause::now(None);
    sessions::begin(&database.pool, &now, id, &[5; 32], BROWSER, None).await.expect("begun").expect("open");
    sessions::end(&database.pool, &[5; 32]).await.expect("ended");
    assert!(sessions::visitor(&database.pool, &[5; 32], now.at).await.expect("read").is_none());
}
