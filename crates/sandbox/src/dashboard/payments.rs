//! Stripe's side of the shop: sessions, events and their deliveries, calls, and a form for every knob.

use std::fmt::Write;
use std::sync::Arc;

use poem::{Request, Response};

use super::overview::table;
use super::pages::{escape, page};
use crate::stripe::Shown;
use crate::{World, clock};

/// So many sessions, events and calls are shown.
const SHOWN: usize = 25;

pub(super) async fn show(world: Arc<World>, _: Request) -> poem::Result<Response> {
    let shown = world.till().shown(SHOWN);
    let content = [
        "<h1>Payments</h1><p class=\"quiet\">The stand-in for Stripe. The pay page lists the numbers to try.</p>"
            .to_owned(),
        sessions(&world, &shown),
        events(&world, &shown),
        "<div class=\"columns\">".to_owned(),
        weather(&world),
        post(&world),
        pace(&world),
        "</div>".to_owned(),
        calls(&world),
    ];
    Ok(page("Payments", &content.concat()))
}

/// A form that is one button.
fn button(path: &str, fields: &[(&str, &str)], name: &str) -> String {
    let mut form = format!("<form class=\"small\" method=\"post\" action=\"/_sandbox/stripe/{path}\">");
    for (name, value) in fields {
        let _ = write!(form, "<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value));
    }
    let _ = write!(form, "<button>{name}</button></form>");
    form
}

fn sessions(world: &World, shown: &Shown) -> String {
    let account = world.till().account();
    let mut rows = String::new();
    for session in &shown.sessions {
        let mut acts = String::new();
        if session.is_open {
            let pays = [("session", session.id.as_str()), ("card", "4242424242424242")];
            acts.push_str(&button("pay", &pays, "Pay"));
            acts.push_str(&button("expire", &[("session", &session.id)], "Expire"));
        }
        if session.is_processing {
            acts.push_str(&button("settle", &[("id", &session.id), ("paid", "true")], "Money arrives"));
            acts.push_str(&button("settle", &[("id", &session.id), ("paid", "false")], "Fails"));
        }
        if let Some(charge) = &session.charge {
            acts.push_str(&button("refund", &[("id", charge)], "Refund"));
            acts.push_str(&button("dispute", &[("id", charge)], "Dispute"));
        }
        let id = if session.is_open {
            format!("<a href=\"http://{}/pay/{1}\"><code>{1}</code></a>", world.addresses.stripe, session.id)
        } else {
            format!("<code>{}</code>", session.id)
        };
        let _ = write!(
            rows,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{acts}</td><td>{id}</td></tr>",
            clock::of_day(session.created_ms),
            escape(&session.total),
            escape(&session.status),
            escape(&session.metadata),
        );
    }
    let summary = format!(
        "{} sessions ({} open, {} complete, {} expired), {} payments, {} refunds",
        account.sessions,
        account.open,
        account.complete,
        account.expired,
        account.payments.len(),
        account.refunds
    );
    let head = "<th>UTC</th><th>Total</th><th>State</th><th>Metadata</th><th></th><th>Session</th>";
    table("Sessions", &summary, head, &rows)
}

fn events(world: &World, shown: &Shown) -> String {
    let account = world.till().account();
    let mut rows = String::new();
    for event in &shown.events {
        let deliveries = if event.deliveries.is_empty() {
            "nobody wants it".to_owned()
        } else {
            event.deliveries.join("; ")
        };
        let _ = write!(
            rows,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td><code>{}</code></td><td><code>{}</code></td></tr>",
            clock::of_day(event.created_ms),
            escape(&event.kind),
            escape(&deliveries),
            button("resend", &[("event", &event.id)], "Send again"),
            event.id,
            escape(&event.about),
        );
    }
    let mut endpoints = String::new();
    for (url, active) in &shown.endpoints {
        let waits = if *active { "" } else { " (waits to be given again)" };
        let _ = write!(endpoints, "<code>{}</code>{waits} ", escape(url));
    }
    if endpoints.is_empty() {
        endpoints.push_str("none");
    }
    let summary = format!(
        "{} events, {} not taken by every endpoint. Endpoints: {endpoints}",
        account.events, account.undelivered
    );
    let head = "<th>UTC</th><th>Type</th><th>Delivered</th><th></th><th>Event</th><th>About</th>";
    table("Events", &summary, head, &rows)
}

fn weather(world: &World) -> String {
    let state = match world.stripe.weather.down_left() {
        Some(left) => format!("<p class=\"alarm\">Down for another {} s</p>", left.as_secs() + 1),
        None => "<p class=\"quiet\">Up</p>".to_owned(),
    };
    let waiting: u32 = world.stripe.weather.waiting().iter().map(|order| order.times).sum();
    format!(
        "<section><h2>Weather</h2>\
         <form method=\"post\" action=\"/_sandbox/stripe/down\"><h3>Outage</h3>{state}\
         <label>Seconds, 0 ends it <input name=\"seconds\" type=\"number\" min=\"0\" value=\"20\" required></label>\
         <button>Break</button></form>\
         <form method=\"post\" action=\"/_sandbox/stripe/slow\"><h3>How much longer a call takes</h3>\
         <label>ms <input name=\"ms\" type=\"number\" min=\"0\" value=\"{}\" required></label>\
         <button>Set</button></form>\
         <form method=\"post\" action=\"/_sandbox/stripe/next\"><h3>Answer the next calls otherwise</h3>\
         <label>How <select name=\"answer\"><option value=\"lost\">done, answer lost</option>\
         <option value=\"lock_timeout\">409</option><option value=\"rate_limit\">429</option>\
         <option value=\"server_error\">500</option><option value=\"html\">502 in HTML</option>\
         <option value=\"hang_up\">connection closed</option></select></label>\
         <label>Times <input name=\"times\" type=\"number\" min=\"1\" value=\"1\" required></label>\
         <label>Part of the path <input name=\"path\" placeholder=\"any\"></label>\
         <button>Order it</button><p class=\"quiet\">{waiting} still to come</p></form></section>",
        world.stripe.weather.slowness().as_millis(),
    )
}

fn post(world: &World) -> String {
    let post = world.till().post();
    let number = |name: &str, label: &str, value: String| {
        format!(
            "<label>{label} <input name=\"{name}\" type=\"number\" min=\"0\" value=\"{value}\" required></label>"
        )
    };
    format!(
        "<section><h2>Webhooks</h2>\
         <form method=\"post\" action=\"/_sandbox/stripe/post\"><h3>How events are delivered</h3>{}{}{}{}{}{}{}\
         <button>Change</button></form>\
         <form method=\"post\" action=\"/_sandbox/stripe/release\"><h3>Withheld events</h3>\
         <button>Deliver them</button></form></section>",
        number("copies_min", "Copies from", post.copies_min.to_string()),
        number("copies_max", "to", post.copies_max.to_string()),
        number("delay_ms", "Each within, ms", post.delay_ms.to_string()),
        number("together", "Copies at once, of 100 events", post.together.to_string()),
        number("withheld", "Withheld, of 100 events", post.withheld.to_string()),
        number("retry_ms", "First wait after a failure, ms", post.retry_ms.to_string()),
        number("at_once", "Under way at once", post.at_once.to_string()),
    )
}

fn pace(world: &World) -> String {
    let pace = world.till().pace();
    format!(
        "<section><h2>Pace</h2>\
         <form method=\"post\" action=\"/_sandbox/stripe/pace\"><h3>What takes days at Stripe</h3>\
         <label>Direct debits, ms <input name=\"settle_ms\" type=\"number\" min=\"0\" value=\"{}\" required></label>\
         <label>Disputes, ms <input name=\"dispute_ms\" type=\"number\" min=\"0\" value=\"{}\" required></label>\
         <label>Late refunds, ms <input name=\"refund_ms\" type=\"number\" min=\"0\" value=\"{}\" required></label>\
         <button>Change</button></form></section>",
        pace.settle_ms, pace.dispute_ms, pace.refund_ms
    )
}

fn calls(world: &World) -> String {
    let counts = world.stripe.calls.read();
    let mut rows = String::new();
    for call in counts.latest.iter().take(SHOWN) {
        let status = if call.status == 0 { "hung up".to_owned() } else { call.status.to_string() };
        let _ = write!(
            rows,
            "<tr><td>{}</td><td>{}</td><td>{status}</td><td><code>{}</code></td><td><code>{}</code></td></tr>",
            clock::of_day(call.at_ms),
            escape(&call.path),
            escape(call.key.as_deref().unwrap_or_default()),
            call.id,
        );
    }
    let total: u64 = counts.by_path.values().sum();
    let summary = format!("{total} calls, {} of them answered out of an idempotency key", counts.replayed);
    table("Calls", &summary, "<th>UTC</th><th>Call</th><th>Status</th><th>Key</th><th>Request id</th>", &rows)
}
