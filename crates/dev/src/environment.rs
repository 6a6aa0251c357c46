//! How the parts are tied together: the whole of it is the environment that `web` and `worker` are given.

use std::collections::BTreeMap;

use crate::{
    outside::{Mail, OpenAi, Storage, Stripe},
    places::Places,
};

/// What our programs are told.
#[derive(Clone, Debug)]
pub struct Wiring {
    /// Where the database is.
    pub database_url: String,
    /// Where the pages are served.
    pub web_listen: String,
    /// How browsers reach them.
    pub public_url: String,
    /// What cookies are sealed with.
    pub session_secret: String,
    /// What secrets in the database are sealed with.
    pub data_key: String,
    /// Who draws.
    pub openai: OpenAi,
    /// Who takes payments.
    pub stripe: Stripe,
    /// Where pictures lie.
    pub storage: Storage,
    /// Who takes mails.
    pub mail: Mail,
}

/// Variables for one program.
pub type Environment = BTreeMap<&'static str, String>;

impl Wiring {
    /// For `worker migrate`.
    pub fn migrate(&self) -> Environment {
        BTreeMap::from([("APP_ENV", "development".to_owned()), ("DATABASE_URL", self.database_url.clone())])
    }

    /// For `web`, which is told nothing of whoever draws or takes mails, and of payments only how their news are signed.
    pub fn web(&self, places: &Places) -> Environment {
        let mut environment = self.both(places);
        environment.extend([
            ("WEB_LISTEN", self.web_listen.clone()),
            ("SESSION_SECRET", self.session_secret.clone()),
            ("DATA_KEY", self.data_key.clone()),
            ("STRIPE_WEBHOOK_SECRETS", self.stripe.webhook_secrets.clone()),
            ("ASSETS_DIR", places.root.join("assets").display().to_string()),
        ]);
        environment
    }

    /// For `worker run`.
    pub fn worker(&self, places: &Places) -> Environment {
        let mut environment = self.both(places);
        environment.extend([
            ("OPENAI_BASE_URL", self.openai.base_url.clone()),
            ("OPENAI_API_KEY", self.openai.key.clone()),
            ("STRIPE_BASE_URL", self.stripe.base_url.clone()),
            ("STRIPE_SECRET_KEY", self.stripe.key.clone()),
            ("SMTP_URL", self.mail.smtp_url.clone()),
            ("MAIL_FROM", self.mail.from.clone()),
        ]);
        environment
    }

    fn both(&self, places: &Places) -> Environment {
        let mut environment = self.migrate();
        environment.extend(self.storage());
        environment.extend([
            ("PUBLIC_URL", self.public_url.clone()),
            ("TEMPLATES_DIR", places.root.join("templates").display().to_string()),
        ]);
        environment
    }

    fn storage(&self) -> Environment {
        BTreeMap::from([
            ("S3_ENDPOINT", self.storage.endpoint.clone()),
            ("S3_PUBLIC_ENDPOINT", self.storage.public_endpoint.clone()),
            ("S3_REGION", self.storage.region.clone()),
            ("S3_BUCKET", self.storage.bucket.clone()),
            ("S3_ACCESS_KEY_ID", self.storage.access_key_id.clone()),
            ("S3_SECRET_ACCESS_KEY", self.storage.secret_access_key.clone()),
        ])
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn wiring() -> Wiring {
        Wiring {
            database_url: "postgres://there/shop".into(),
            web_listen: "127.0.0.1:8080".into(),
            public_url: "http://127.0.0.1:8080".into(),
            session_secret: "s".repeat(64),
            data_key: "k".repeat(44),
            openai: OpenAi { base_url: "http://draws/v1".into(), key: "sk-1".into() },
            stripe: Stripe {
                base_url: "http://takes-money/".into(),
                key: "sk_test_1".into(),
                webhook_secrets: "whsec_1".into(),
            },
            storage: Storage {
                endpoint: "http://inside".into(),
                public_endpoint: "http://outside".into(),
                region: "eu".into(),
                bucket: "art".into(),
                access_key_id: "id".into(),
                secret_access_key: "secret".into(),
            },
            mail: Mail { smtp_url: "smtp://takes".into(), from: "shop@example.org".into() },
        }
    }

    #[test]
    fn the_pages_never_learn_the_provider_and_the_jobs_never_the_cookies() {
        let places = Places { root: PathBuf::from("/shop"), data: PathBuf::from("/data") };
        let (web, worker) = (wiring().web(&places), wiring().worker(&places));
        assert!(!web.keys().any(|name| name.starts_with("OPENAI_") || name.starts_with("SMTP_")));
        assert!(!worker.contains_key("SESSION_SECRET") && !worker.contains_key("DATA_KEY"));
        assert_eq!(web["TEMPLATES_DIR"], "/shop/templates");
        assert_eq!(worker["OPENAI_BASE_URL"], "http://draws/v1");
        assert_eq!(worker["SMTP_URL"], "smtp://takes");
        assert_eq!(worker["STRIPE_BASE_URL"], "http://takes-money/");
        assert!(!web.contains_key("STRIPE_SECRET_KEY") && !worker.contains_key("STRIPE_WEBHOOK_SECRETS"));
        for name in [
            "APP_ENV",
            "DATABASE_URL",
            "S3_ENDPOINT",
            "S3_PUBLIC_ENDPOINT",
            "S3_BUCKET",
            "PUBLIC_URL",
            "TEMPLATES_DIR",
        ] {
            assert_eq!(web[name], worker[name], "{name}");
        }
    }

    #[test]
    fn migrating_needs_the_database_alone() {
        assert_eq!(wiring().migrate().keys().copied().collect::<Vec<_>>(), ["APP_ENV", "DATABASE_URL"]);
    }
}
