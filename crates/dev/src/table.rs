//! What a person is told once everything runs.

use std::fmt::Write;

use crate::{owner, stack::Stack};

/// A few lines: where to look, what is real, where the data lies, how to stop.
pub fn of(stack: &Stack) -> String {
    let (plan, places) = (stack.plan(), &stack.plan().places);
    let outside = &plan.outside;
    let mut rows: Vec<(&str, String)> = Vec::new();
    if let Some(wiring) = stack.wiring() {
        rows.push(("shop", wiring.public_url.clone()));
        rows.push((
            "office",
            office(&wiring.public_url, outside.database.is_some(), &stack.secrets().owner_password),
        ));
        if let Some(sandbox) = stack.sandbox() {
            rows.push(("sandbox", sandbox.dashboard_url()));
            if outside.mail.is_none() {
                let (url, smtp) = (sandbox.dashboard_url(), sandbox.smtp_addr());
                rows.push(("mail", format!("{url}/mails  (smtp {smtp})")));
            }
        }
        if let Some(given) = &outside.mail {
            rows.push(("mail", format!("sent for real, from {} (SMTP_URL)", given.from)));
        }
        match &outside.database {
            Some(_) => rows.push(("database", "the one that DATABASE_URL names".into())),
            None => rows.push(("database", psql(&wiring.database_url, &places.short(&places.secrets())))),
        }
        match &outside.openai {
            Some(given) => rows.push((
                "pictures",
                format!("drawn by {}, which costs money (OPENAI_API_KEY)", given.base_url),
            )),
            None => rows.push((
                "pictures",
                "drawn by the sandbox; OPENAI_API_KEY=… ./dev has them drawn for real".into(),
            )),
        }
        rows.push(match (&outside.stripe, stack.sandbox()) {
            (Some(given), _) => ("payments", format!("taken by {} (STRIPE_SECRET_KEY)", given.base_url)),
            (None, Some(sandbox)) => (
                "payments",
                format!("{}/payments  (test card 4242 4242 4242 4242, 12/30, 123)", sandbox.dashboard_url()),
            ),
            (None, None) => ("payments", "nobody takes any".into()),
        });
        if let Some(given) = &outside.storage {
            rows.push(("storage", format!("{} at {} (S3_ENDPOINT)", given.bucket, given.endpoint)));
        }
    }
    rows.push(("data", format!("{}  (./dev reset deletes it)", places.short(&places.data))));
    rows.push(("stop", "Ctrl-C; twice for haste".into()));

    let mut table = String::from("\n");
    for (name, value) in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(table, "  {name:<9} {value}");
    }
    table
}

/// Where staff work, and how one gets in. Everything here is for this machine alone.
fn office(shop: &str, foreign: bool, password: &str) -> String {
    if foreign {
        return format!("{shop}/admin  (`web admin create-owner` makes the first owner)");
    }
    format!("{shop}/admin  ({}, password {password}, code: ./dev code)", owner::EMAIL)
}

/// A command that opens the database and does not show its password.
fn psql(url: &str, secrets: &str) -> String {
    let open = url::Url::parse(url).ok().map(|mut url| {
        // Neither fails for a URL with a host.
        let _ = url.set_password(None);
        url.to_string()
    });
    format!("psql {}  (database_password in {secrets})", open.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_owner_is_shown_and_a_foreign_one_is_not() {
        let ours = office("http://there", false, "0123");
        assert_eq!(ours, "http://there/admin  (owner@example.org, password 0123, code: ./dev code)");
        assert!(!office("http://there", true, "0123").contains("0123"));
    }

    #[test]
    fn the_password_is_not_shown() {
        let hint = psql("postgres://shop:secret@127.0.0.1:5433/shop", "./.data/dev.toml");
        assert_eq!(hint, "psql postgres://shop@127.0.0.1:5433/shop  (database_password in ./.data/dev.toml)");
    }
}
