//! Reads mails: a list, a mail, and its HTML in a frame that may do nothing.

use std::fmt::Write;
use std::sync::Arc;

use poem::http::{HeaderValue, StatusCode, header};
use poem::{Request, Response};

use super::pages::{escape, page};
use crate::mail::Letter;
use crate::{World, clock};

/// What a mail may do in its frame: open a link in a tab of its own.
const POPUPS: &str = "allow-popups allow-popups-to-escape-sandbox";

pub(super) async fn list(world: Arc<World>, _: Request) -> poem::Result<Response> {
    let letters =
        world.inbox.letters().await.map_err(|error| {
            poem::Error::from_string(format!("{error:#}"), StatusCode::INTERNAL_SERVER_ERROR)
        })?;
    if letters.is_empty() {
        return Ok(page("Mails", "<h1>Mails</h1><p class=\"quiet\">No mail yet.</p>"));
    }
    let rows: String = letters.iter().map(row).collect();
    let head = "<thead><tr><th>Time</th><th>To</th><th>Subject</th></tr></thead>";
    Ok(page(
        "Mails",
        &format!("<h1>Mails</h1><div class=\"scroll\"><table>{head}<tbody>{rows}</tbody></table></div>"),
    ))
}

fn row(letter: &Letter) -> String {
    let subject = if letter.subject.is_empty() { "(no subject)" } else { &letter.subject };
    format!(
        "<tr><td>{}</td><td>{}</td><td><a href=\"/mails/{}\">{}</a></td></tr>",
        clock::of_day(letter.received_ms),
        escape(&letter.to.join(", ")),
        letter.id,
        escape(subject),
    )
}

pub(super) async fn show(world: Arc<World>, request: Request) -> poem::Result<Response> {
    let letter = find(&world, &request).await?;
    let mut content = format!(
        "<h1>{}</h1><dl><dt>From</dt><dd>{}</dd><dt>To</dt><dd>{}</dd><dt>Received</dt><dd>{} UTC</dd></dl>\
         <p><a href=\"/_sandbox/mail/{}\">As it came</a> ({} bytes)</p>",
        escape(&letter.subject),
        escape(&letter.from),
        escape(&letter.to.join(", ")),
        clock::of_day(letter.received_ms),
        letter.id,
        letter.size,
    );
    if !letter.attachments.is_empty() {
        let _ = write!(content, "<p>Attached: {}</p>", escape(&letter.attachments.join(", ")));
    }
    if letter.html.is_some() {
        let _ = write!(
            content,
            "<h2>HTML</h2><iframe sandbox=\"{POPUPS}\" title=\"The mail as HTML\" src=\"/mails/{}/html\"></iframe>",
            letter.id
        );
    }
    if let Some(text) = &letter.text {
        let _ = write!(content, "<h2>Text</h2><pre>{}</pre>", with_links(text));
    }
    Ok(page(&letter.subject, &content))
}

/// The HTML alone. Mails style themselves inline and bring their pictures along; scripts, forms and the network stay
/// out, and a link opens beside the reader.
pub(super) async fn html(world: Arc<World>, request: Request) -> poem::Result<Response> {
    let letter = find(&world, &request).await?;
    let html = letter.html.ok_or_else(|| poem::Error::from_status(StatusCode::NOT_FOUND))?;
    let mut response = Response::builder()
        .content_type("text/html; charset=utf-8")
        .body(format!("<base target=\"_blank\">\n{html}"));
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
             style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'",
        ),
    );
    Ok(response)
}

/// Text with its links to follow, as mail readers show it.
fn with_links(text: &str) -> String {
    let word = |word: &str| {
        let shown = escape(word);
        let url = word.trim_end();
        if url.starts_with("http://") || url.starts_with("https://") {
            return format!("<a href=\"{}\" target=\"_blank\" rel=\"noreferrer\">{shown}</a>", escape(url));
        }
        shown
    };
    text.split_inclusive(char::is_whitespace).map(word).collect()
}

async fn find(world: &World, request: &Request) -> poem::Result<Letter> {
    let id = request.raw_path_param("id").unwrap_or_default();
    world
        .inbox
        .letter(id)
        .await
        .ok_or_else(|| poem::Error::from_string("no such mail", StatusCode::NOT_FOUND))
}
