//! Every URL of the shop, once.

use poem::{IntoEndpoint, Route};
use shop::accounts::Duty;

use crate::{
    admission::{
        Access::{self, Anybody, Member, MemberByPage, Staff},
        Gate,
    },
    hooks,
    methods::Methods,
    pages::{
        account, admin, assets, cart, checkout, confirmation, email_changes, gallery, generations, health,
        home, images, mail_preferences, mockups, orders, password_resets, products, second_factor, sign_in,
        sign_out, sign_up, sources, verifications,
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
    /// Whether a POST is taken from anywhere, without a form of ours.
    pub by_link: bool,
}

/// Where everything is.
pub fn table() -> Table {
    Table::default()
        .at("/", Anybody, get(home::show))
        .at("/sign-up", Anybody, get(sign_up::show).post(sign_up::create))
        .at("/sign-up/sent", Anybody, get(sign_up::sent::show))
        .at("/verifications", Anybody, post(verifications::create))
        .at(
            "/verifications/:token",
            Anybody,
            get(verifications::show::show).post(verifications::show::create),
        )
        .at("/sign-in", Anybody, get(sign_in::show).post(sign_in::create))
        .at("/sign-out", Anybody, post(sign_out::create))
        .at("/password-resets", Anybody, post(password_resets::new::create))
        .at("/password-resets/new", Anybody, get(password_resets::new::show))
        .at("/password-resets/sent", Anybody, get(password_resets::sent::show))
        .at(
            "/password-resets/:token",
            Anybody,
            get(password_resets::show::show).post(password_resets::show::create),
        )
        .at("/email-changes/:token", Anybody, get(email_changes::show).post(email_changes::create))
        .at("/account", Member, get(account::show::show))
        .at("/account/profile", Member, get(account::profile::show).post(account::profile::create))
        .at("/account/password", Member, get(account::password::show).post(account::password::create))
        .at("/account/email", Member, get(account::email::show).post(account::email::create))
        .at(
            "/account/addresses",
            Member,
            get(account::addresses::index::show).post(account::addresses::new::create),
        )
        .at("/account/addresses/new", Member, get(account::addresses::new::show))
        .at(
            "/account/addresses/:id",
            Member,
            get(account::addresses::show::show).post(account::addresses::show::create),
        )
        .at("/account/addresses/:id/default", Member, post(account::addresses::default::create))
        .at("/account/addresses/:id/deletion", Member, post(account::addresses::deletion::create))
        .at("/account/sessions", Member, get(account::sessions::show))
        .at("/account/sessions/revocation", Member, post(account::sessions::revocation::create_all))
        .at("/account/sessions/:id/revocation", Member, post(account::sessions::revocation::create))
        .at("/account/exports", Member, get(account::exports::show).post(account::exports::create))
        .at("/account/exports/:id/file", Member, get(account::exports::file::show))
        .at("/account/deletion", Member, get(account::deletion::show).post(account::deletion::create))
        .at("/account/deletion/withdrawal", Member, post(account::deletion::withdrawal::create))
        .at("/account/credits", Member, get(account::credits::show))
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
        .at("/gallery", Anybody, get(gallery::index::show))
        .at("/gallery/:name", Anybody, get(gallery::show::show))
        .at("/gallery/:name/card.jpg", Anybody, get(gallery::card::show))
        .at(
            "/generations",
            MemberByPage,
            get(generations::index::show).post_with_file(generations::new::create),
        )
        .at("/generations/new", Anybody, get(generations::new::show))
        .at("/generations/:id", Member, get(generations::show::show))
        .at("/generations/:id/progress", MemberByPage, get(generations::show::progress))
        .at("/generations/:id/preview", MemberByPage, get(generations::preview::show))
        .at("/generations/:id/cancellation", Member, post(generations::cancellation::create))
        .at("/sources/:id", Member, get(sources::show::show))
        .at("/images/:id", Anybody, get(images::show::show))
        .at("/images/:id/staged", Anybody, get(images::staged::show))
        .at("/images/:id/download", Anybody, get(images::download::show))
        .at("/images/:id/visibility", Member, post(images::visibility::create))
        .at("/images/:id/favourite", Member, post(images::favourite::create))
        .at("/images/:id/love", Member, post(images::love::create))
        .at("/images/:id/reports", Member, post(images::reports::create))
        .at("/images/:id/deletion", Member, post(images::deletion::create))
        .at("/images/:id/restoration", Member, post(images::restoration::create))
        .at("/products", Anybody, get(products::index::show))
        .at("/products/:slug", Anybody, get(products::show::show))
        .at("/products/:slug/mockups", Anybody, post(products::mockups::create))
        .at("/mockups/:id", Anybody, get(mockups::show::show))
        .at(
            "/mail-preferences/:token",
            Anybody,
            get(mail_preferences::show::show).post_by_link(mail_preferences::show::create),
        )
        .at("/hooks/stripe", Anybody, Methods::default().post_signed(hooks::stripe::create))
        .at("/healthz", Anybody, get(health::alive))
        .at("/readyz", Anybody, get(health::ready))
        .at("/assets/*name", Anybody, get(assets::show))
        .at("/favicon.ico", Anybody, get(assets::icon))
        .at("/robots.txt", Anybody, get(assets::robots))
        .with_the_checkout()
        .with_orders()
        .with_the_office()
        .with_the_till()
}

impl Table {
    fn at(mut self, pattern: &'static str, access: Access, methods: Methods) -> Self {
        let by_link = methods.takes_links();
        self.listed.push(Listed { pattern, access, methods: methods.allowed(), by_link });
        self.route = self.route.at(pattern, Gate::new(access, methods));
        self
    }

    /// From the cart to the order.
    fn with_the_checkout(self) -> Self {
        self.at("/cart", Anybody, get(cart::show::show))
            .at("/cart/lines", Anybody, post(cart::lines::new::create))
            .at("/cart/lines/restoration", Anybody, post(cart::lines::restoration::create))
            .at("/cart/lines/:id", Anybody, post(cart::lines::show::create))
            .at("/cart/lines/:id/removal", Anybody, post(cart::lines::removal::create))
            .at("/cart/coupon", Anybody, post(cart::coupon::create))
            .at("/cart/coupon/removal", Anybody, post(cart::coupon::removal::create))
            .at("/cart/currency", Anybody, post(cart::currency::create))
            .at("/checkout/address", Anybody, get(checkout::address::show).post(checkout::address::create))
            .at("/checkout/shipping", Anybody, get(checkout::shipping::show).post(checkout::shipping::create))
            .at("/checkout/review", Anybody, get(checkout::review::show).post(checkout::review::create))
    }

    /// What was ordered.
    fn with_orders(self) -> Self {
        self.at("/orders", Member, get(orders::index::show))
            .at("/orders/lookup", Anybody, get(orders::lookup::show).post(orders::lookup::create))
            .at("/orders/:id", Anybody, get(orders::show::show))
            .at("/orders/:id/progress", Anybody, get(orders::show::progress))
            .at("/orders/:id/payment", Anybody, get(orders::payment::show).post(orders::payment::create))
            .at("/orders/:id/cancellation", Anybody, post(orders::cancellation::create))
            .at("/orders/:id/resumption", Anybody, post(orders::resumption::create))
            .at("/orders/:id/return-to-cart", Anybody, post(orders::return_to_cart::create))
            .at("/orders/:id/access/:token", Anybody, get(orders::access::show))
    }

    /// Where staff work.
    fn with_the_office(self) -> Self {
        self.at("/admin", Staff(Duty::EnterOffice), get(admin::index::show))
            .at("/admin/accounts", Staff(Duty::SeeAccounts), get(admin::accounts::index::show))
            .at("/admin/accounts/:id", Staff(Duty::SeeAccounts), get(admin::accounts::show::show))
            .at("/admin/accounts/:id/role", Staff(Duty::ChangeRoles), post(admin::accounts::role::create))
            .at(
                "/admin/accounts/:id/closure",
                Staff(Duty::ShutAccounts),
                post(admin::accounts::closure::create),
            )
            .at(
                "/admin/accounts/:id/reopening",
                Staff(Duty::ShutAccounts),
                post(admin::accounts::reopening::create),
            )
            .at(
                "/admin/accounts/:id/erasure",
                Staff(Duty::ShutAccounts),
                post(admin::accounts::erasure::create),
            )
            .at(
                "/admin/accounts/:id/credits",
                Staff(Duty::GiveCredits),
                post(admin::accounts::credits::create),
            )
            .at(
                "/admin/accounts/:id/clearance",
                Staff(Duty::JudgeStrikes),
                post(admin::accounts::clearance::create),
            )
            .at("/admin/strikes", Staff(Duty::JudgeStrikes), get(admin::strikes::index::show))
            .at("/admin/strikes/:id/source", Staff(Duty::JudgeStrikes), get(admin::strikes::source::show))
            .at(
                "/admin/strikes/:id/verdict",
                Staff(Duty::JudgeStrikes),
                post(admin::strikes::verdict::create),
            )
            .at(
                "/admin/blocklist",
                Staff(Duty::ChangeBlocklist),
                get(admin::blocklist::show).post(admin::blocklist::create),
            )
            .at("/admin/providers", Staff(Duty::SeeProviders), get(admin::providers::index::show))
            .at(
                "/admin/providers/:name/probe",
                Staff(Duty::SteerProviders),
                post(admin::providers::probe::create),
            )
            .at(
                "/admin/providers/:name/stay",
                Staff(Duty::SteerProviders),
                post(admin::providers::stay::create),
            )
            .at(
                "/admin/providers/:name/pause",
                Staff(Duty::SteerProviders),
                post(admin::providers::pause::create),
            )
            .at(
                "/admin/providers/:name/resumption",
                Staff(Duty::SteerProviders),
                post(admin::providers::resumption::create),
            )
            .at("/admin/upkeep", Staff(Duty::SeeProviders), get(admin::upkeep::show))
            .at("/admin/reviews", Staff(Duty::ReviewPictures), get(admin::reviews::index::show))
            .at(
                "/admin/reviews/:id/verdict",
                Staff(Duty::ReviewPictures),
                post(admin::reviews::verdict::create),
            )
            .at("/admin/orders", Staff(Duty::SeeOrders), get(admin::orders::index::show))
            .at("/admin/orders/:id", Staff(Duty::SeeOrders), get(admin::orders::show::show))
            .at("/admin/orders/:id/release", Staff(Duty::SettleHolds), post(admin::orders::release::create))
            .at("/admin/mails", Staff(Duty::SeeMails), get(admin::mails::show))
            .at("/admin/audit", Staff(Duty::SeeAudit), get(admin::audit::show))
    }

    /// Where staff say what things cost.
    fn with_the_till(self) -> Self {
        let prices = Staff(Duty::ChangePrices);
        let coupons = Staff(Duty::ChangeCoupons);
        self.at("/admin/prices", prices, get(admin::prices::index::show).post(admin::prices::new::create))
            .at("/admin/prices/new", prices, get(admin::prices::new::show))
            .at("/admin/prices/preview", prices, get(admin::prices::preview::show))
            .at("/admin/prices/:id", prices, get(admin::prices::show::show).post(admin::prices::show::create))
            .at("/admin/prices/:id/amounts", prices, post(admin::prices::amounts::create))
            .at("/admin/prices/:id/publication", prices, post(admin::prices::publication::create))
            .at("/admin/prices/:id/withdrawal", prices, post(admin::prices::withdrawal::create))
            .at("/admin/prices/:id/deletion", prices, post(admin::prices::deletion::create))
            .at("/admin/coupons", coupons, get(admin::coupons::index::show).post(admin::coupons::new::create))
            .at("/admin/coupons/new", coupons, get(admin::coupons::new::show))
            .at("/admin/coupons/:id", coupons, get(admin::coupons::show::show))
            .at("/admin/coupons/:id/deactivation", coupons, post(admin::coupons::deactivation::create))
            .at("/admin/coupons/:id/reactivation", coupons, post(admin::coupons::reactivation::create))
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
