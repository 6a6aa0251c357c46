//! Which parts are real: a variable that names an outside service takes the place of what we would start ourselves.

use std::{collections::BTreeMap, env, path::Path};

use anyhow::{Context, bail};

/// An image provider.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenAi {
    /// Up to and with `/v1`.
    pub base_url: String,
    /// Its key.
    pub key: String,
}

/// An object store.
#[derive(Clone, Debug, PartialEq)]
pub struct Storage {
    /// What our own processes call.
    pub endpoint: String,
    /// What browsers call.
    pub public_endpoint: String,
    /// The region that signatures name.
    pub region: String,
    /// The bucket.
    pub bucket: String,
    /// Its two keys.
    pub access_key_id: String,
    /// See above.
    pub secret_access_key: String,
}

/// A mail server.
#[derive(Clone, Debug, PartialEq)]
pub struct Mail {
    /// With its credentials.
    pub smtp_url: String,
    /// Who mails are from.
    pub from: String,
}

/// A payment provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Stripe {
    /// With a slash at its end.
    pub base_url: String,
    /// Its secret key.
    pub key: String,
    /// What its webhooks are signed with; several while one is replaced, with commas between them.
    pub webhook_secrets: String,
}

/// What was given from outside; all else is ours.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outside {
    /// Instead of the sandbox's image provider.
    pub openai: Option<OpenAi>,
    /// Instead of the sandbox's payment provider.
    pub stripe: Option<Stripe>,
    /// Instead of a private PostgreSQL.
    pub database: Option<String>,
    /// Instead of the sandbox's object store.
    pub storage: Option<Storage>,
    /// Instead of the sandbox's inbox.
    pub mail: Option<Mail>,
    /// Instead of 127.0.0.1 and a free port.
    pub web_listen: Option<String>,
    /// Instead of the address that follows from it.
    pub public_url: Option<String>,
    /// Instead of one made up here.
    pub session_secret: Option<String>,
    /// See above.
    pub data_key: Option<String>,
}

impl Outside {
    /// From the environment first, then from `.env`, as our programs read it.
    pub fn given(root: &Path) -> anyhow::Result<Self> {
        let path = root.join(".env");
        let file: BTreeMap<String, String> = if path.is_file() {
            dotenvy::from_path_iter(&path)?.collect::<Result<_, _>>().context(".env does not read")?
        } else {
            BTreeMap::new()
        };
        #[expect(clippy::disallowed_methods, reason = "the one place where this program reads settings")]
        Self::read(|name| env::var(name).ok().or_else(|| file.get(name).cloned()))
    }

    /// From any source of variables. An empty one counts as none.
    pub fn read(source: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let variable = |name: &str| source(name).filter(|value| !value.trim().is_empty());
        let openai = match (variable("OPENAI_API_KEY"), variable("OPENAI_BASE_URL")) {
            (Some(key), base_url) => {
                Some(OpenAi { base_url: base_url.unwrap_or_else(|| "https://api.openai.com/v1".into()), key })
            }
            (None, Some(_)) => bail!("OPENAI_BASE_URL is set and OPENAI_API_KEY is not: set both or neither"),
            (None, None) => None,
        };
        let stripe = match (variable("STRIPE_SECRET_KEY"), variable("STRIPE_WEBHOOK_SECRETS")) {
            (Some(key), Some(webhook_secrets)) => Some(Stripe {
                base_url: variable("STRIPE_BASE_URL").unwrap_or_else(|| "https://api.stripe.com/".into()),
                key,
                webhook_secrets,
            }),
            (Some(_), None) => {
                bail!("STRIPE_SECRET_KEY is set and STRIPE_WEBHOOK_SECRETS is not: set both or neither")
            }
            (None, Some(_)) => {
                bail!("STRIPE_WEBHOOK_SECRETS is set and STRIPE_SECRET_KEY is not: set both or neither")
            }
            (None, None) => None,
        };
        let storage = match variable("S3_ENDPOINT") {
            Some(endpoint) => {
                let needed =
                    |name| variable(name).with_context(|| format!("S3_ENDPOINT is set and {name} is not"));
                Some(Storage {
                    public_endpoint: variable("S3_PUBLIC_ENDPOINT").unwrap_or_else(|| endpoint.clone()),
                    endpoint,
                    region: needed("S3_REGION")?,
                    bucket: needed("S3_BUCKET")?,
                    access_key_id: needed("S3_ACCESS_KEY_ID")?,
                    secret_access_key: needed("S3_SECRET_ACCESS_KEY")?,
                })
            }
            None => None,
        };
        let mail = match (variable("SMTP_URL"), variable("MAIL_FROM")) {
            (Some(smtp_url), Some(from)) => Some(Mail { smtp_url, from }),
            (Some(_), None) => bail!("SMTP_URL is set and MAIL_FROM is not: set both or neither"),
            (None, _) => None,
        };
        Ok(Self {
            openai,
            stripe,
            database: variable("DATABASE_URL"),
            storage,
            mail,
            web_listen: variable("WEB_LISTEN"),
            public_url: variable("PUBLIC_URL"),
            session_secret: variable("SESSION_SECRET"),
            data_key: variable("DATA_KEY"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[(&str, &str)]) -> anyhow::Result<Outside> {
        Outside::read(|name| {
            given.iter().find(|(each, _)| *each == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_given_means_nothing_real() {
        assert_eq!(read(&[]).expect("reads"), Outside::default());
        assert_eq!(
            read(&[("OPENAI_API_KEY", ""), ("DATABASE_URL", " ")]).expect("reads"),
            Outside::default()
        );
    }

    #[test]
    fn each_variable_swaps_its_part_alone() {
        let outside = read(&[("OPENAI_API_KEY", "sk-1")]).expect("reads");
        assert_eq!(
            outside,
            Outside {
                openai: Some(OpenAi { base_url: "https://api.openai.com/v1".into(), key: "sk-1".into() }),
                ..Outside::default()
            }
        );
        let outside = read(&[("DATABASE_URL", "postgres://there/shop")]).expect("reads");
        assert_eq!(outside, Outside { database: Some("postgres://there/shop".into()), ..Outside::default() });
    }

    #[test]
    fn half_a_service_is_refused_with_what_lacks() {
        assert!(
            read(&[("OPENAI_BASE_URL", "http://there/v1")])
                .expect_err("no key")
                .to_string()
                .contains("OPENAI_API_KEY")
        );
        let refusal = read(&[("STRIPE_SECRET_KEY", "sk_test_1")]).expect_err("no secret");
        assert!(refusal.to_string().contains("STRIPE_WEBHOOK_SECRETS"));
        let refusal = read(&[("SMTP_URL", "smtp://there")]).expect_err("nobody writes");
        assert!(refusal.to_string().contains("MAIL_FROM"));
        let refusal = read(&[("S3_ENDPOINT", "http://there"), ("S3_REGION", "eu")]).expect_err("no bucket");
        assert_eq!(refusal.to_string(), "S3_ENDPOINT is set and S3_BUCKET is not");
    }

    #[test]
    fn browsers_call_the_same_store_unless_told_otherwise() {
        let given = [
            ("S3_ENDPOINT", "http://inside"),
            ("S3_REGION", "eu"),
            ("S3_BUCKET", "art"),
            ("S3_ACCESS_KEY_ID", "id"),
            ("S3_SECRET_ACCESS_KEY", "secret"),
        ];
        let storage = read(&given).expect("reads").storage.expect("given");
        assert_eq!(storage.public_endpoint, "http://inside");
    }
}
