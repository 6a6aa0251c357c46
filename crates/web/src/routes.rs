//! Every URL of the shop, once.

use poem::{IntoEndpoint, Route};

use crate::{
    methods::Methods,
    pages::{assets, gallery, generations, health, home, images, sign_in, sign_out, sign_up},
};

/// The URLs, and how each may be used.
#[derive(Default)]
pub struct Table {
    route: Route,
    /// Pattern and allowed methods of each.
    pub listed: Vec<(&'static str, &'static str)>,
}

/// Where everything is.
pub fn table() -> Table {
    Table::default()
        .at("/", get(home::show))
        .at("/sign-up", get(sign_up::show).post(sign_up::create))
        .at("/sign-in", get(sign_in::show).post(sign_in::create))
        .at("/sign-out", post(sign_out::create))
        .at("/gallery", get(gallery::index::show))
        .at("/generations", get(generations::index::show).post(generations::new::create))
        .at("/generations/new", get(generations::new::show))
        .at("/generations/:id", get(generations::show::show))
        .at("/generations/:id/progress", get(generations::show::progress))
        .at("/generations/:id/cancellation", post(generations::cancellation::create))
        .at("/images/:id", get(images::show::show))
        .at("/images/:id/staged", get(images::staged::show))
        .at("/images/:id/download", get(images::download::show))
        .at("/images/:id/visibility", post(images::visibility::create))
        .at("/images/:id/deletion", post(images::deletion::create))
        .at("/images/:id/restoration", post(images::restoration::create))
        .at("/healthz", get(health::alive))
        .at("/readyz", get(health::ready))
        .at("/assets/*name", get(assets::show))
        .at("/favicon.ico", get(assets::icon))
        .at("/robots.txt", get(assets::robots))
}

impl Table {
    fn at(mut self, pattern: &'static str, methods: Methods) -> Self {
        self.listed.push((pattern, methods.allowed()));
        self.route = self.route.at(pattern, methods);
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
