//! Every URL of the shop, once.

use poem::{IntoEndpoint, Route};
use shop::accounts::Duty;

use crate::{
    admission::{
        Access::{self, Anybody, Member, MemberByPage, Staff},
        Gate,
    },
    methods::Methods,
    pages::{
        account, admin, assets, confirmation, gallery, generations, health, home, images, second_factor,
        sign_in, sign_out, sign_up,
    },
};

/// The URLs, and how each may be used.
#[derive(Default)]
pub struct Table {
    route: Route,
    /// All of them.
    pub listed: Vec<Listed>,
}

/// One URL.
#[derive(Debug, Clone, Copy)]
pub struct Listed {
    /// Its pattern.
    pub pattern: &'static str,
    /// Whom it is for.
    pub access: Access,
    /// As the Allow header names them.
    pub methods: &'static str,
}

/// Where everything is.
pub fn table() -> Table {
    Table::default()
        .at("/", Anybody, get(home::show))
        .at("/sign-up", Anybody, get(sign_up::show).post(sign_up::create))
        .at("/sign-in", Anybody, get(sign_in::show).post(sign_in::create))
        .at("/sign-out", Anybody, post(sign_out::create))
        .at("/second-factor", Anybody, get(second_factor::show).post(second_factor::create))
        .at("/confirmation", Member, get(confirmation::show).post(confirmation::create))
        .at(
            "/account/second-factor",
            Member,
            get(account::second_factor::show).post(account::second_factor::create),
        )
        .at("/account/second-factor/confirmation", Member, post(account::second_factor::confirmation::create))
        .at(
            "/account/second-factor/recovery-codes",
            Member,
            post(account::second_factor::recovery_codes::create),
        )
        .at("/account/second-factor/removal", Member, post(account::second_factor::removal::create))
        .at("/admin", Staff(Duty::EnterOffice), get(admin::index::show))
        .at("/admin/accounts", Staff(Duty::SeeAccounts), get(admin::accounts::index::show))
        .at("/admin/accounts/:id", Staff(Duty::SeeAccounts), get(admin::accounts::show::show))
        .at("/admin/accounts/:id/role", Staff(Duty::ChangeRoles), post(admin::accounts::role::create))
        .at("/admin/accounts/:id/closure", Staff(Duty::ShutAccounts), post(admin::accounts::closure::create))
        .at(
            "/admin/accounts/:id/reopening",
            Staff(Duty::ShutAccounts),
            post(admin::accounts::reopening::create),
        )
        .at("/admin/reviews", Staff(Duty::ReviewPictures), get(admin::reviews::index::show))
        .at("/admin/reviews/:id/verdict", Staff(Duty::ReviewPictures), post(admin::reviews::verdict::create))
        .at("/admin/mails", Staff(Duty::SeeMails), get(admin::mails::show))
        .at("/admin/audit", Staff(Duty::SeeAudit), get(admin::audit::show))
        .at("/gallery", Anybody, get(gallery::index::show))
        .at("/gallery/:name", Anybody, get(gallery::show::show))
        .at("/gallery/:name/card.jpg", Anybody, get(gallery::card::show))
        .at("/generations", MemberByPage, get(generations::index::show).post(generations::new::create))
        .at("/generations/new", Anybody, get(generations::new::show))
        .at("/generations/:id", Member, get(generations::show::show))
        .at("/generations/:id/progress", MemberByPage, get(generations::show::progress))
        .at("/generations/:id/cancellation", Member, post(generations::cancellation::create))
        .at("/images/:id", Anybody, get(images::show::show))
        .at("/images/:id/staged", Anybody, get(images::staged::show))
        .at("/images/:id/download", Anybody, get(images::download::show))
        .at("/images/:id/visibility", Member, post(images::visibility::create))
        .at("/images/:id/favourite", Member, post(images::favourite::create))
        .at("/images/:id/love", Member, post(images::love::create))
        .at("/images/:id/reports", Member, post(images::reports::create))
        .at("/images/:id/deletion", Member, post(images::deletion::create))
        .at("/images/:id/restoration", Member, post(images::restoration::create))
        .at("/healthz", Anybody, get(health::alive))
        .at("/readyz", Anybody, get(health::ready))
        .at("/assets/*name", Anybody, get(assets::show))
        .at("/favicon.ico", Anybody, get(assets::icon))
        .at("/robots.txt", Anybody, get(assets::robots))
}

impl Table {
    fn at(mut self, pattern: &'static str, access: Access, methods: Methods) -> Self {
        self.listed.push(Listed { pattern, access, methods: methods.allowed() });
        self.route = self.route.at(pattern, Gate::new(access, methods));
        self
    }

    /// As poem routes requests.
    pub fn into_route(self) -> Route {
        self.route
    }
}

fn get<E: IntoEndpoint<Endpoint: 'static>>(page: E) -> Methods {
    Methods::default().get(page)
}

fn post<E: IntoEndpoint<Endpoint: 'static>>(page: E) -> Methods {
    Methods::default().post(page)
}
