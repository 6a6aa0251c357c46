//! The overview: where everything is, what was asked of it, and a form for every knob.

use std::fmt::Write;
use std::sync::Arc;

use poem::{Request, Response};

use super::pages::{escape, page};
use crate::mail::Refusals;
use crate::openai::{Models, WORDS};
use crate::{World, clock};

/// So many requests of each kind are shown.
const SHOWN: usize = 15;

pub(super) async fn show(world: Arc<World>, _: Request) -> poem::Result<Response> {
    let mails = world.inbox.letters().await.map_or(0, |letters| letters.len());
    let content = [
        "<h1>Sandbox</h1><p class=\"quiet\">Stand-ins for the outside services. Nothing here costs money, and nothing \
         leaves this machine.</p>"
            .to_owned(),
        addresses(&world, mails),
        "<div class=\"columns\">".to_owned(),
        openai_knobs(&world),
        storage_knobs(&world),
        mail_knobs(&world),
        "</div>".to_owned(),
        calls(&world),
        objects(&world),
        words(),
    ];
    Ok(page("Overview", &content.concat()))
}

fn addresses(world: &World, mails: usize) -> String {
    let at = world.addresses;
    let payments = world.till().account().payments.len();
    format!(
        "<section><h2>Addresses</h2><dl>\
         <dt>OpenAI</dt><dd><code>http://{}/v1</code> any key but <code>sk-invalid</code></dd>\
         <dt>Stripe</dt><dd><code>http://{}/</code> any key that begins with <code>sk_test_</code> \
         <a href=\"/payments\">Payments: {payments}</a></dd>\
         <dt>S3</dt><dd><code>http://{}</code> bucket <code>{}</code></dd>\
         <dt>SMTP</dt><dd><code>{}</code> <a href=\"/mails\">Mails: {mails}</a></dd>\
         <dt>Data</dt><dd><code>{}</code></dd></dl></section>",
        at.openai,
        at.stripe,
        at.s3,
        escape(&world.bucket),
        at.smtp,
        escape(&world.data_dir.display().to_string()),
    )
}

fn openai_knobs(world: &World) -> String {
    let time = world.openai.draw_time();
    let waiting: u32 = world.openai.forced.waiting().iter().map(|next| next.times).sum();
    let weather = world.openai.weather.forecast();
    let mut models = String::new();
    for name in Models::names() {
        let _ = write!(models, "<option>{name}</option>");
    }
    format!(
        "<section><h2>OpenAI</h2>\
         <form method=\"post\" action=\"/_sandbox/openai/next\"><h3>Answer the next calls with an error</h3>\
         <label>Status <select name=\"status\"><option>429</option><option>500</option><option>503</option>\
         <option>400</option><option>401</option><option>403</option><option>404</option></select></label>\
         <label>Retry after, seconds <input name=\"retry_after\" type=\"number\" min=\"0\"></label>\
         <label>Times <input name=\"times\" type=\"number\" min=\"1\" value=\"1\" required></label>\
         <label>Body, JSON <input name=\"body\" placeholder=\"the usual one\"></label>\
         <button>Order it</button><p class=\"quiet\">{waiting} still to come</p></form>\
         <form method=\"post\" action=\"/_sandbox/openai/draw_time\"><h3>How long a call takes</h3>\
         <label>From, ms <input name=\"ms\" type=\"number\" min=\"0\" value=\"{}\" required></label>\
         <label>To, ms <input name=\"to_ms\" type=\"number\" min=\"0\" value=\"{}\"></label>\
         <button>Set</button></form>\
         <form method=\"post\" action=\"/_sandbox/openai/weather\"><h3>Weather: of a hundred calls</h3>\
         <label>Answered 429 <input name=\"rate_limited\" type=\"number\" min=\"0\" max=\"100\" value=\"{}\"></label>\
         <label>With retry after, seconds <input name=\"retry_after\" type=\"number\" min=\"0\" value=\"{}\"></label>\
         <label>Answered 500 <input name=\"failing\" type=\"number\" min=\"0\" max=\"100\" value=\"{}\"></label>\
         <label>Cut in the middle <input name=\"cut\" type=\"number\" min=\"0\" max=\"100\" value=\"{}\"></label>\
         <label>Out of money <input name=\"out_of_money\" type=\"number\" min=\"0\" max=\"100\" value=\"{}\"></label>\
         <button>Change</button></form>\
         <form method=\"post\" action=\"/_sandbox/openai/models\"><h3>Announce a model's end</h3>\
         <label>Model <select name=\"id\">{models}</select></label>\
         <label>Date, empty for none <input name=\"shutdown_date\" type=\"date\"></label>\
         <button>Announce</button></form></section>",
        time.start().as_millis(),
        time.end().as_millis(),
        weather.rate_limited,
        weather.retry_after,
        weather.failing,
        weather.cut,
        weather.out_of_money,
    )
}

fn storage_knobs(world: &World) -> String {
    let state = match world.storage.outage_left() {
        Some(left) => format!("<p class=\"alarm\">Down for another {} s</p>", left.as_secs() + 1),
        None => "<p class=\"quiet\">Up</p>".to_owned(),
    };
    format!(
        "<section><h2>S3</h2>\
         <form method=\"post\" action=\"/_sandbox/storage/outage\"><h3>Outage</h3>{state}\
         <label>Seconds, 0 ends it <input name=\"seconds\" type=\"number\" min=\"0\" value=\"20\" required></label>\
         <button>Break</button></form></section>"
    )
}

fn mail_knobs(world: &World) -> String {
    let state = match world.refusals.left() {
        Some(refusal) => {
            format!("<p class=\"alarm\">The next {} are refused with {}</p>", refusal.mails, refusal.code)
        }
        None => "<p class=\"quiet\">All are taken</p>".to_owned(),
    };
    let mut codes = String::new();
    for (code, _) in Refusals::WORDS {
        let _ = write!(codes, "<option>{code}</option>");
    }
    format!(
        "<section><h2>SMTP</h2>\
         <form method=\"post\" action=\"/_sandbox/mail/refusal\"><h3>Refuse the next mails</h3>{state}\
         <label>Code <select name=\"code\">{codes}</select></label>\
         <label>Mails, 0 ends it <input name=\"mails\" type=\"number\" min=\"0\" value=\"1\" required></label>\
         <button>Refuse</button></form>\
         <h2>All</h2><form method=\"post\" action=\"/_sandbox/reset\"><h3>Start afresh</h3>\
         <p class=\"quiet\">Forgets calls, knobs and mails. Objects stay.</p><button>Reset</button></form></section>"
    )
}

fn calls(world: &World) -> String {
    let read = world.openai.journal.read();
    let mut rows = String::new();
    for call in read.calls.iter().rev().take(SHOWN) {
        let status = call.status.map_or("…".to_owned(), |status| status.to_string());
        let time = call
            .ended_ms
            .map_or(String::new(), |ended| format!("{} ms", ended.saturating_sub(call.started_ms)));
        let gone = if call.client_gone { " (client gone)" } else { "" };
        let _ = write!(
            rows,
            "<tr><td>{}</td><td>{}</td><td>{status}{gone}</td><td>{}</td><td>{time}</td><td><code>{}</code></td></tr>",
            clock::of_day(call.started_ms),
            call.path,
            call.pictures,
            call.id,
        );
    }
    let summary = format!(
        "{} generations, {} edits, {} moderations, {} pictures charged, {} millionths of a dollar, {} in flight",
        read.generations, read.edits, read.moderations, read.pictures, read.microdollars, read.in_flight
    );
    let head = "<th>UTC</th><th>Path</th><th>Status</th><th>Pictures</th><th>Took</th><th>Request id</th>";
    table("OpenAI calls", &summary, head, &rows)
}

fn objects(world: &World) -> String {
    let counts = world.storage.counts();
    let mut summary = String::new();
    for (kind, count) in counts.by_kind() {
        let _ = write!(summary, "{count} {kind}, ");
    }
    let mut rows = String::new();
    for seen in counts.recent().iter().take(SHOWN) {
        let _ = write!(
            rows,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td><code>{}</code></td></tr>",
            clock::of_day(seen.at_ms),
            escape(&seen.method),
            seen.status,
            escape(&seen.path),
        );
    }
    let head = "<th>UTC</th><th>Method</th><th>Status</th><th>Path</th>";
    table("S3 requests", summary.trim_end_matches(", "), head, &rows)
}

pub(super) fn table(title: &str, summary: &str, head: &str, rows: &str) -> String {
    let body = if rows.is_empty() {
        "<p class=\"quiet\">None yet.</p>".to_owned()
    } else {
        format!(
            "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>{head}</tr></thead>\
             <tbody>{rows}</tbody></table></div>"
        )
    };
    format!("<section><h2>{title}</h2><p>{summary}</p>{body}</section>")
}

fn words() -> String {
    let mut list = String::new();
    for (word, meaning) in WORDS {
        let _ = write!(list, "<dt><code>{word}</code></dt><dd>{}</dd>", escape(meaning));
    }
    format!("<section><h2>Words for a prompt</h2><dl class=\"wide\">{list}</dl></section>")
}
