//! Every URL of the shop, once.

use poem::{IntoEndpoint, Route};

use crate::{
    admission::{
        Access::{self, Anybody, Member, MemberByPage},
        Gate,
    },
    methods::Methods,
    pages::{assets, gallery, generations, health, home, images, sign_in, sign_out, sign_up, sources},
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
        .at("/gallery", Anybody, get(gallery::index::show))
        .at(
            "/generations",
            MemberByPage,
            get(generations::index::show).post_with_file(generations::new::create),
        )
        .at("/generations/new", Anybody, get(generations::new::show))
        .at("/generations/:id", Member, get(generations::show::show))
        .at("/generations/:id/progress", MemberByPage, get(generations::show::progress))
        .at("/generations/:id/cancellation", Member, post(generations::cancellation::create))
        .at("/sources/:id", Member, get(sources::show::show))
        .at("/images/:id", Anybody, get(images::show::show))
        .at("/images/:id/staged", Anybody, get(images::staged::show))
        .at("/images/:id/download", Anybody, get(images::download::show))
        .at("/images/:id/visibility", Member, post(images::visibility::create))
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
