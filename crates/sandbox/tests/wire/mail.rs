//! An SMTP conversation by hand, and the reader.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::started::{Started, start, start_in};

struct Talk(BufReader<TcpStream>);

impl Talk {
    async fn to(started: &Started) -> Talk {
        let stream = TcpStream::connect(started.sandbox.smtp_addr()).await.expect("a connection");
        let mut talk = Talk(BufReader::new(stream));
        assert!(talk.hear().await.starts_with("220 "));
        talk
    }

    async fn say(&mut self, line: &str) -> String {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).await.expect("to write");
        self.hear().await
    }

    /// One reply, all its lines.
    async fn hear(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let start = reply.len();
            self.0.read_line(&mut reply).await.expect("to read");
            if reply.as_bytes().get(start + 3) != Some(&b'-') {
                return reply;
            }
        }
    }
}

const MESSAGE: &str = "From: The Shop <shop@example.org>\r\nTo: ann@example.org\r\nSubject: Your picture\r\n\
    MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello Ann http://127.0.0.1/x?a=1&b=2\r\n..and a dot\r\n\
    --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hello <b>Ann</b></p><script>alert(1)</script>\r\n--b--\r\n.";

#[tokio::test]
async fn a_mail_is_taken_kept_and_read() {
    let started = start().await;
    let mut talk = Talk::to(&started).await;
    let greeting = talk.say("EHLO client.example").await;
    assert!(
        greeting.contains("8BITMIME") && greeting.contains("SIZE") && greeting.contains("SMTPUTF8"),
        "{greeting}"
    );
    assert!(talk.say("RCPT TO:<ann@example.org>").await.starts_with("503"));
    assert!(talk.say("AUTH PLAIN AGEAYg==").await.starts_with("235"));
    assert!(talk.say("AUTH LOGIN").await.starts_with("334"));
    assert!(talk.say("YQ==").await.starts_with("334"));
    assert!(talk.say("Yg==").await.starts_with("235"));
    assert!(talk.say("MAIL FROM:<bounce@example.org> BODY=8BITMIME SIZE=500").await.starts_with("250"));
    assert!(talk.say("RCPT TO:<ann@example.org>").await.starts_with("250"));
    assert!(talk.say("RCPT TO:<blind@example.org>").await.starts_with("250"));
    assert!(talk.say("DATA").await.starts_with("354"));
    assert!(talk.say(MESSAGE).await.starts_with("250"));
    assert!(talk.say("NONSENSE").await.starts_with("50"));
    assert!(talk.say("QUIT").await.starts_with("221"));

    let mails = started.read("mail").await;
    assert_eq!(mails.as_array().expect("a list").len(), 1);
    let mail = &mails[0];
    assert_eq!(mail["from"], "bounce@example.org");
    assert_eq!(mail["to"], serde_json::json!(["ann@example.org", "blind@example.org"]));
    assert_eq!(mail["subject"], "Your picture");
    assert_eq!(
        mail["text"].as_str().expect("text").trim(),
        "Hello Ann http://127.0.0.1/x?a=1&b=2\r\n.and a dot"
    );
    assert!(mail["html"].as_str().expect("html").contains("<b>Ann</b>"));

    let id = mail["id"].as_str().expect("an id").to_owned();
    let url = started.sandbox.dashboard_url();
    let page =
        async |path: String| started.client.get(format!("{url}{path}")).send().await.expect("an answer");
    assert!(page("/mails".to_owned()).await.text().await.expect("text").contains("Your picture"));
    let one = page(format!("/mails/{id}")).await.text().await.expect("text");
    assert!(one.contains("<iframe sandbox=\"allow-popups ") && !one.contains("<script"));
    assert!(one.contains("<a href=\"http://127.0.0.1/x?a=1&amp;b=2\""));
    let html = page(format!("/mails/{id}/html")).await;
    let policy = html.headers()["content-security-policy"].to_str().expect("text").to_owned();
    assert!(policy.contains("; default-src 'none'; style-src 'unsafe-inline'"), "{policy}");
    assert!(
        page(format!("/_sandbox/mail/{id}"))
            .await
            .text()
            .await
            .expect("text")
            .contains("Delivered-To: blind@")
    );
    assert_eq!(page("/mails/..%2F..%2Fetc".to_owned()).await.status(), 404);

    // A restart finds it again.
    let Started { sandbox, data, .. } = started;
    sandbox.stop().await;
    let again = start_in(data).await;
    assert_eq!(again.read("mail").await[0]["id"], id);
    again.poke("reset", &serde_json::json!({})).await;
    assert_eq!(again.read("mail").await, serde_json::json!([]));
}

#[tokio::test]
async fn pipelined_commands_and_a_null_sender_are_taken() {
    let started = start().await;
    let mut talk = Talk::to(&started).await;
    assert!(talk.say("HELO x").await.starts_with("250"));
    let whole = "MAIL FROM:<>\r\nRCPT TO:<a@example.org>\r\nDATA";
    assert!(talk.say(whole).await.starts_with("250"));
    assert!(talk.hear().await.starts_with("250"));
    assert!(talk.hear().await.starts_with("354"));
    assert!(talk.say("Subject: plain\r\n\r\nhi\r\n.").await.starts_with("250"));
    let mails = started.read("mail").await;
    assert_eq!((mails[0]["from"].as_str(), mails[0]["subject"].as_str()), (Some(""), Some("plain")));
    assert_eq!(mails[0]["html"], serde_json::Value::Null);
}

#[tokio::test]
async fn mails_are_refused_as_often_as_ordered() {
    let started = start().await;
    started.poke("mail/refusal", &serde_json::json!({"code": 550, "mails": 1})).await;
    let mut talk = Talk::to(&started).await;
    assert!(talk.say("EHLO x").await.starts_with("250"));
    assert!(talk.say("MAIL FROM:<shop@example.org>").await.starts_with("250"));
    assert!(talk.say("RCPT TO:<a@example.org>").await.starts_with("550 5.1.1 "));
    assert!(talk.say("DATA").await.starts_with("503"));
    assert!(talk.say("RCPT TO:<a@example.org>").await.starts_with("250"));

    started.poke("mail/refusal", &serde_json::json!({"code": 421, "mails": 2})).await;
    assert!(talk.say("RCPT TO:<b@example.org>").await.starts_with("421 "));
    assert_eq!(talk.hear().await, "", "the conversation is over");
    started.poke("reset", &serde_json::json!({})).await;
    let mut talk = Talk::to(&started).await;
    assert!(talk.say("MAIL FROM:<shop@example.org>").await.starts_with("250"));
    assert!(talk.say("RCPT TO:<b@example.org>").await.starts_with("250"));

    let url = format!("{}/_sandbox/mail/refusal", started.sandbox.dashboard_url());
    let unknown = started
        .client
        .post(url)
        .json(&serde_json::json!({"code": 250, "mails": 1}))
        .send()
        .await
        .expect("an answer");
    assert_eq!(unknown.status(), 400);
}
