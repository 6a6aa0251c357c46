//! One SMTP conversation. The grammar is smtp-proto's; what is here is the order of things, and that all is accepted,
//! but for what was ordered to be refused.

use std::slice::Iter;
use std::time::Duration;

use smtp_proto::request::receiver::{DataReceiver, LineReceiver, RequestReceiver};
use smtp_proto::{
    AUTH_LOGIN, AUTH_PLAIN, EXT_8BIT_MIME, EXT_AUTH, EXT_PIPELINING, EXT_SIZE, EXT_SMTP_UTF8, EhloResponse,
    Error, Request,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{
    inbox::{Envelope, Inbox},
    refusals::Refusals,
};

const LARGEST: usize = 25 << 20;
const PATIENCE: Duration = Duration::from_mins(5);
const NAME: &str = "sandbox.localhost";

/// Where the conversation is.
enum State {
    Commands,
    /// So many more lines of an AUTH exchange, whose words do not matter.
    Credentials(LineReceiver<()>, u8),
    Message(DataReceiver, Vec<u8>),
}

struct Conversation {
    state: State,
    sender: Option<String>,
    recipients: Vec<String>,
    answer: Vec<u8>,
    over: bool,
}

pub(super) async fn converse(
    mut stream: TcpStream,
    inbox: &Inbox,
    refusals: &Refusals,
) -> anyhow::Result<()> {
    let mut conversation = Conversation {
        state: State::Commands,
        sender: None,
        recipients: Vec::new(),
        answer: format!("220 {NAME} ESMTP the sandbox takes everything\r\n").into_bytes(),
        over: false,
    };
    let mut requests = RequestReceiver::default();
    let mut buffer = vec![0; 16 << 10];
    loop {
        stream.write_all(&conversation.answer).await?;
        conversation.answer.clear();
        if conversation.over {
            return Ok(());
        }
        let count = timeout(PATIENCE, stream.read(&mut buffer)).await??;
        if count == 0 {
            return Ok(());
        }
        let mut bytes = buffer[..count].iter();
        while bytes.len() > 0 && !conversation.over {
            conversation.hear(&mut requests, &mut bytes, inbox, refusals).await;
        }
    }
}

impl Conversation {
    async fn hear(
        &mut self,
        requests: &mut RequestReceiver,
        bytes: &mut Iter<'_, u8>,
        inbox: &Inbox,
        refusals: &Refusals,
    ) {
        match &mut self.state {
            State::Commands => match requests.ingest(bytes) {
                Ok(request) => self.obey(&request, refusals),
                Err(Error::NeedsMoreData { .. }) => *bytes = [].iter(),
                Err(Error::ResponseTooLong) => {
                    self.say("500 5.5.6 Line too long");
                    self.over = true;
                }
                Err(error) => self.say(&format!("501 5.5.4 {error:?}")),
            },
            State::Credentials(line, more) => {
                if line.ingest(bytes) {
                    line.buf.clear();
                    *more -= 1;
                    if *more == 0 {
                        self.state = State::Commands;
                        self.say("235 2.7.0 Any credentials will do");
                    } else {
                        self.say("334 UGFzc3dvcmQ6");
                    }
                }
            }
            State::Message(receiver, message) => {
                let done = receiver.ingest(bytes, message);
                if message.len() > LARGEST {
                    self.say("552 5.3.4 Message too big");
                    self.over = true;
                } else if done {
                    let message = std::mem::take(message);
                    self.deliver(&message, inbox).await;
                }
            }
        }
    }

    fn obey<T: AsRef<str>>(&mut self, request: &Request<T>, refusals: &Refusals) {
        match request {
            Request::Ehlo { host } => self.greet(host.as_ref()),
            Request::Helo { .. } => self.say(&format!("250 {NAME}")),
            Request::Mail { from } => {
                self.sender = Some(from.address.as_ref().to_owned());
                self.recipients.clear();
                self.say("250 2.1.0 OK");
            }
            Request::Rcpt { .. } if self.sender.is_none() => self.say("503 5.5.1 MAIL first"),
            Request::Rcpt { to } => {
                if let Some((code, words)) = refusals.next() {
                    self.say(&format!("{code} {words}"));
                    // 421 says that the conversation is over.
                    self.over = code == 421;
                    return;
                }
                self.recipients.push(to.address.as_ref().to_owned());
                self.say("250 2.1.5 OK");
            }
            Request::Data if self.recipients.is_empty() => self.say("503 5.5.1 RCPT first"),
            Request::Data => {
                self.state = State::Message(DataReceiver::new(), Vec::new());
                self.say("354 Start mail input; end with <CRLF>.<CRLF>");
            }
            Request::Auth { mechanism, initial_response } => {
                self.authenticate(*mechanism, !initial_response.as_ref().is_empty());
            }
            Request::Rset => {
                self.sender = None;
                self.recipients.clear();
                self.say("250 2.0.0 OK");
            }
            Request::Noop { .. } => self.say("250 2.0.0 OK"),
            Request::Vrfy { .. } => self.say("252 2.1.5 Everybody is welcome"),
            Request::Quit => {
                self.say("221 2.0.0 Bye");
                self.over = true;
            }
            Request::Lhlo { .. }
            | Request::Bdat { .. }
            | Request::Expn { .. }
            | Request::Help { .. }
            | Request::Etrn { .. }
            | Request::Atrn { .. }
            | Request::Burl { .. }
            | Request::StartTls => self.say("502 5.5.1 Command not implemented"),
        }
    }

    fn greet(&mut self, client: &str) {
        let mut capabilities = EhloResponse::new(NAME);
        capabilities.capabilities = EXT_8BIT_MIME | EXT_AUTH | EXT_PIPELINING | EXT_SIZE | EXT_SMTP_UTF8;
        capabilities.auth_mechanisms = AUTH_PLAIN | AUTH_LOGIN;
        capabilities.size = LARGEST;
        tracing::trace!(client, "an SMTP client greets");
        // Writing into memory does not fail.
        capabilities.write(&mut self.answer).ok();
    }

    fn authenticate(&mut self, mechanism: u64, with_response: bool) {
        let (lines, challenge) = match (mechanism, with_response) {
            (AUTH_PLAIN, true) => return self.say("235 2.7.0 Any credentials will do"),
            (AUTH_PLAIN, false) => (1, "334 "),
            (AUTH_LOGIN, true) => (1, "334 UGFzc3dvcmQ6"),
            (AUTH_LOGIN, false) => (2, "334 VXNlcm5hbWU6"),
            _ => return self.say("504 5.5.4 Only PLAIN and LOGIN"),
        };
        self.state = State::Credentials(LineReceiver::new(()), lines);
        self.say(challenge);
    }

    async fn deliver(&mut self, message: &[u8], inbox: &Inbox) {
        self.state = State::Commands;
        let envelope = Envelope {
            from: self.sender.take().unwrap_or_default(),
            to: std::mem::take(&mut self.recipients),
        };
        match inbox.keep(&envelope, message).await {
            Ok(id) => self.say(&format!("250 2.0.0 OK {id}")),
            Err(error) => {
                tracing::error!(%error, "the sandbox could not keep a mail");
                self.say("451 4.3.0 The mail could not be kept");
            }
        }
    }

    fn say(&mut self, line: &str) {
        self.answer.extend_from_slice(line.as_bytes());
        self.answer.extend_from_slice(b"\r\n");
    }
}
