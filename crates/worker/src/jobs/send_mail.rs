//! Sends a mail. A link that lets somebody in is made here, anew for each try, and stands nowhere but in the mail: the
//! database knows its sha256.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::Rng;
use sha2::{Digest, Sha256};
use shop::{ids::MailId, mails};

use crate::{
    providers::smtp::{Mail, MailError},
    runner::{Context, JobError},
    services::Services,
};

/// Sends it, unless that was done. If a server took it and we did not hear of it, it is sent again under the same
/// Message-ID: twice the same mail is better than none.
pub async fn run(id: MailId, at: &Services, context: &Context) -> Result<(), JobError> {
    let token: [u8; 32] = rand::rng().random();
    let cause = context.cause();
    let Some(mail) = mails::open(&at.db, &cause, id, &Sha256::digest(token).into()).await? else {
        return Ok(());
    };
    let token = mail.has_token.then(|| BASE64_URL_SAFE_NO_PAD.encode(token));
    let rendered = at
        .letters
        .render(&mail, token.as_deref())
        .map_err(|error| JobError::Retry(format!("cannot put it in words: {error:#}")))?;
    let sending = Mail { id, at: cause.at, recipient: &mail.recipient, rendered: &rendered };
    match at.smtp.send(&sending).await {
        Ok(()) => Ok(mails::sent(&at.db, &context.cause(), id).await?),
        Err(MailError::Later(why)) => Err(JobError::Retry(why)),
        Err(MailError::Never(why)) => Err(JobError::GiveUp(why)),
    }
}
