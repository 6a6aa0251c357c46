//! Every template is rendered with every sample of its page.

use std::collections::BTreeSet;

use web::{
    assets::Links,
    error::ErrorPage,
    flash::Flash,
    pages::{
        account, admin, cart, checkout, confirmation, email_changes, gallery, generations, home, images,
        links, mail_preferences, mockups, orders, password_resets, products, second_factor, sign_in, sign_up,
        unverified, verifications,
    },
    views::{Account, Page, Shell, Views},
};

use crate::support::config;

fn render<P: Page>(views: &Views, rendered: &mut BTreeSet<String>) {
    let links = Links {
        css: "/assets/app.css".to_owned(),
        js: "/assets/app.js".to_owned(),
        htmx: "/assets/htmx.js".to_owned(),
        favicon: "/assets/favicon.svg".to_owned(),
    };
    let id = "0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11".parse().expect("an id");
    for page in P::samples() {
        let account = |is_verified, erase_at| Account {
            email: "<mira>@example.org",
            is_verified,
            is_staff: is_verified,
            unseen: 3,
            erase_at,
        };
        for (account, flash) in [
            (None, None),
            (Some(account(true, None)), Some(Flash::Deleted(id))),
            (Some(account(false, Some("2026-12-08T05:30:12Z".to_owned()))), None),
        ] {
            let shell = Shell {
                title: &page.title(),
                account,
                in_cart: 2,
                csrf: "token",
                path: "/somewhere",
                place: "/somewhere",
                assets: &links,
                request_id: "request",
                flash: flash.map(Flash::message),
                canonical: page.canonical(),
                description: &page.description(),
            };
            let html = views.render(&shell, &page).unwrap_or_else(|error| panic!("{}: {error}", P::TEMPLATE));
            for unescaped in [
                "<mira>",
                "<asleep>",
                "<b>fox",
                "<again>",
                "<script>alert",
                "<cannot>",
                "<could not>",
                "<somebody>",
            ] {
                assert!(!html.contains(unescaped), "{} shows {unescaped} unescaped", P::TEMPLATE);
            }
            assert!(
                !html.contains(" style=\"") && !html.contains(" onclick="),
                "{} breaks the CSP",
                P::TEMPLATE
            );
        }
    }
    rendered.insert(P::TEMPLATE.to_owned());
}

#[test]
fn every_template_renders() {
    let views = Views::open(config("").templates_dir, false).expect("templates that parse");
    let mut rendered = BTreeSet::new();
    render::<home::Home>(&views, &mut rendered);
    render::<sign_up::SignUp>(&views, &mut rendered);
    render::<sign_up::sent::Sent>(&views, &mut rendered);
    render::<sign_in::SignIn>(&views, &mut rendered);
    render::<verifications::show::Show>(&views, &mut rendered);
    render::<password_resets::new::New>(&views, &mut rendered);
    render::<password_resets::sent::Sent>(&views, &mut rendered);
    render::<password_resets::show::Show>(&views, &mut rendered);
    render::<email_changes::Show>(&views, &mut rendered);
    render::<links::Worn>(&views, &mut rendered);
    render::<cart::show::Show>(&views, &mut rendered);
    render::<cart::lines::new::New>(&views, &mut rendered);
    render::<account::show::Show>(&views, &mut rendered);
    render::<account::profile::Profile>(&views, &mut rendered);
    render::<account::password::Password>(&views, &mut rendered);
    render::<account::email::Email>(&views, &mut rendered);
    render::<account::addresses::index::Index>(&views, &mut rendered);
    render::<account::addresses::new::New>(&views, &mut rendered);
    render::<account::addresses::show::Show>(&views, &mut rendered);
    render::<account::sessions::Sessions>(&views, &mut rendered);
    render::<account::exports::Exports>(&views, &mut rendered);
    render::<account::deletion::Deletion>(&views, &mut rendered);
    render::<second_factor::SecondFactor>(&views, &mut rendered);
    render::<checkout::address::AddressPage>(&views, &mut rendered);
    render::<checkout::review::Review>(&views, &mut rendered);
    render::<checkout::shipping::ShippingPage>(&views, &mut rendered);
    render::<confirmation::Confirmation>(&views, &mut rendered);
    render::<account::second_factor::SecondFactor>(&views, &mut rendered);
    render::<account::second_factor::recovery_codes::RecoveryCodes>(&views, &mut rendered);
    render::<admin::index::Index>(&views, &mut rendered);
    render::<admin::accounts::index::Index>(&views, &mut rendered);
    render::<admin::accounts::show::Show>(&views, &mut rendered);
    render::<account::credits::Credits>(&views, &mut rendered);
    render::<admin::providers::index::Index>(&views, &mut rendered);
    render::<admin::strikes::index::Index>(&views, &mut rendered);
    render::<admin::blocklist::Blocklist>(&views, &mut rendered);
    render::<admin::mails::Mails>(&views, &mut rendered);
    render::<admin::audit::Audit>(&views, &mut rendered);
    render::<gallery::index::Index>(&views, &mut rendered);
    render::<gallery::show::Show>(&views, &mut rendered);
    render::<generations::index::Index>(&views, &mut rendered);
    render::<generations::new::New>(&views, &mut rendered);
    render::<unverified::Unverified>(&views, &mut rendered);
    render::<generations::show::Show>(&views, &mut rendered);
    render::<generations::show::Progress>(&views, &mut rendered);
    render::<images::show::Show>(&views, &mut rendered);
    render::<products::show::Show>(&views, &mut rendered);
    render::<mockups::show::Show>(&views, &mut rendered);
    render::<mail_preferences::show::Show>(&views, &mut rendered);
    render::<admin::reviews::index::Index>(&views, &mut rendered);
    render::<admin::upkeep::Upkeep>(&views, &mut rendered);
    render::<admin::prices::index::Index>(&views, &mut rendered);
    render::<admin::prices::new::New>(&views, &mut rendered);
    render::<admin::prices::show::Show>(&views, &mut rendered);
    render::<admin::prices::preview::Preview>(&views, &mut rendered);
    render::<admin::coupons::index::Index>(&views, &mut rendered);
    render::<admin::coupons::new::New>(&views, &mut rendered);
    render::<admin::coupons::show::Show>(&views, &mut rendered);
    render::<products::index::Index>(&views, &mut rendered);
    render::<orders::index::Index>(&views, &mut rendered);
    render::<orders::show::Show>(&views, &mut rendered);
    render::<orders::show::Progress>(&views, &mut rendered);
    render::<orders::lookup::Lookup>(&views, &mut rendered);
    render::<admin::orders::index::Index>(&views, &mut rendered);
    render::<admin::orders::show::Show>(&views, &mut rendered);
    render::<ErrorPage>(&views, &mut rendered);
    // What begins with an underline is part of others, and so is the layout.
    let alone = |name: &String| {
        !name.rsplit('/').next().is_some_and(|file| file.starts_with('_')) && name != "layout.html"
    };
    let all: BTreeSet<_> = views.names().expect("names").into_iter().collect();
    let missing: Vec<_> =
        all.iter().filter(|name| alone(name)).filter(|name| !rendered.contains(*name)).collect();
    assert!(missing.is_empty(), "no page renders {missing:?}");
    assert!(!all.iter().any(|name| name.starts_with("mails/")), "mails are rendered by the worker");
}
