//! One request from the side of the shop: who asks, when, and how their page is put together.

use std::{net::IpAddr, sync::Arc};

use chrono::{DateTime, Utc};
use poem::{
    Request, Response,
    http::{HeaderValue, Method, StatusCode, header},
};
use shop::{
    Cause,
    carts::{self, Owner},
    crops::Crop,
    ids::AccountId,
    images::Card,
    money::Currency,
    sessions::{self, SecondFactor, Visitor},
};
use tokio::sync::OnceCell;
use url::form_urlencoded;

use crate::{
    clients,
    error::Problem,
    flash::Flash,
    pages::doors::local_path,
    pictures::{Cropped, Picture, Wall},
    random,
    session::SessionValue,
    site::Site,
    views::{Account, Page, Shell, moment},
};

/// One request.
pub struct Visit {
    /// What all requests share.
    pub site: Arc<Site>,
    /// When it came, and its id: goes with every change that it makes.
    pub cause: Cause,
    /// Its id: ours, never one that came from outside.
    pub request_id: String,
    /// The path it asks for.
    pub path: String,
    query: Option<String>,
    /// The page of ours from which the request was sent, if the browser says so.
    referer: Option<String>,
    /// The client's address, behind the proxies that we trust.
    pub client_address: String,
    client: Option<IpAddr>,
    /// How the client's browser calls itself.
    pub user_agent: String,
    /// The session value of its cookie, signed in or not.
    pub session: Option<SessionValue>,
    /// What this browser's cart and orders are known by, if it is a guest's or was one's.
    pub cart: Option<SessionValue>,
    /// The address to which this browser had a mail sent a while ago.
    pub sent_to: Option<String>,
    /// The proof that somebody signed in in this browser before, as it came.
    pub known_browser: Option<String>,
    flash: Option<Flash>,
    visitor: OnceCell<Option<Visitor>>,
    guest_pieces: OnceCell<i64>,
}

impl Visit {
    /// Begins with a request.
    pub fn begin(site: Arc<Site>, request: &Request) -> Arc<Self> {
        let Cause { at, .. } = Cause::now(None);
        let request_id = random::id(at).to_string();
        let headers = request.headers();
        let peer = request.remote_addr().as_socket_addr().map(std::net::SocketAddr::ip);
        let client = peer.map(|peer| site.trusted_proxies.client(peer, headers));
        Arc::new(Self {
            cause: Cause { at, request_id: Some(request_id.clone()) },
            request_id,
            path: request.uri().path().to_owned(),
            query: request.uri().query().map(str::to_owned),
            client_address: client.map(|client| client.to_string()).unwrap_or_default(),
            client,
            user_agent: headers
                .get(header::USER_AGENT)
                .and_then(|name| name.to_str().ok())
                .unwrap_or_default()
                .to_owned(),
            referer: headers
                .get(header::REFERER)
                .and_then(|page| page.to_str().ok())
                .and_then(|page| page.strip_prefix(site.origin.as_str()))
                .and_then(local_path),
            session: site.cookies.session(headers),
            cart: site.cookies.cart(headers),
            sent_to: site.cookies.sent_to(headers),
            known_browser: site.cookies.known_browser(headers).map(str::to_owned),
            flash: site.cookies.flash(headers).and_then(|flash| flash.parse().ok()),
            visitor: OnceCell::new(),
            guest_pieces: OnceCell::new(),
            site,
        })
    }

    /// The visit that a request belongs to.
    pub fn of(request: &Request) -> Result<Arc<Self>, Problem> {
        let lost = || Problem::Broken(anyhow::anyhow!("a request came past the outermost layer"));
        request.data::<Arc<Self>>().cloned().ok_or_else(lost)
    }

    /// Who is signed in: nobody, as long as a one-time code is due. Asked once a request, and only if there is a cookie. For the
    /// header of the page, a guest's cart is looked at as well, if there is a cookie of one.
    pub async fn visitor(&self) -> Result<Option<&Visitor>, Problem> {
        let visitor = self.arrival().await?.filter(|visitor| visitor.second_factor != SecondFactor::Due);
        if let (None, Some(cart)) = (visitor, self.cart) {
            let count = async || carts::pieces(&self.site.db, &cart.id_hash()).await;
            self.guest_pieces.get_or_try_init(count).await?;
        }
        Ok(visitor)
    }

    /// Who gave the right password in this session, also if a one-time code is still due.
    pub async fn arrival(&self) -> Result<Option<&Visitor>, Problem> {
        let Some(session) = &self.session else { return Ok(None) };
        let look_up = async || sessions::visitor(&self.site.db, &session.id_hash(), self.cause.at).await;
        Ok(self.visitor.get_or_try_init(look_up).await?.as_ref())
    }

    /// Who is signed in, as far as it was asked already.
    pub fn known_visitor(&self) -> Option<&Visitor> {
        self.visitor.get()?.as_ref().filter(|visitor| visitor.second_factor != SecondFactor::Due)
    }

    /// How many pieces are in the cart that this visit sees, as far as it was asked already.
    fn in_cart(&self) -> i64 {
        let guest = || self.guest_pieces.get().copied().unwrap_or_default();
        self.known_visitor().map_or_else(guest, |visitor| visitor.in_cart)
    }

    /// The account that is signed in.
    pub fn account_id(&self) -> Option<AccountId> {
        self.known_visitor().map(|visitor| visitor.account_id)
    }

    /// Whose cart and orders this visit sees: the account's that is signed in, or the browser's, if it has any.
    pub async fn cart_owner(&self) -> Result<Option<Owner>, Problem> {
        let account = self.visitor().await?.map(|visitor| Owner::Account(visitor.account_id));
        Ok(account.or_else(|| self.cart.map(|value| Owner::Guest(value.id_hash()))))
    }

    /// The currency in which this visitor sees prices: their cart's, or the shop's.
    pub async fn currency(&self) -> Result<Currency, Problem> {
        let chosen = match self.cart_owner().await? {
            Some(owner) => carts::currency(&self.site.db, &owner).await?,
            None => None,
        };
        Ok(chosen.unwrap_or(self.site.currency))
    }

    /// Whether they proved that their address is theirs.
    pub fn is_verified(&self) -> bool {
        self.known_visitor().is_some_and(|visitor| visitor.is_verified)
    }

    /// When the request came.
    pub fn at(&self) -> DateTime<Utc> {
        self.cause.at
    }

    /// The network that the client is in, as limits count it.
    pub fn network(&self) -> String {
        self.client.map(|client| clients::network(client).to_string()).unwrap_or_default()
    }

    /// What the address says under a name after its `?`.
    pub fn query(&self, name: &str) -> Option<String> {
        let query = self.query.as_deref()?;
        form_urlencoded::parse(query.as_bytes())
            .find_map(|(key, value)| (key == name).then(|| value.into_owned()))
    }

    /// Where to go on after signing in: the page itself, or for a form the page from which it was sent.
    pub fn way_back(&self, method: &Method) -> String {
        match &self.query {
            _ if *method == Method::POST => self.came_from(),
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// The page from which a form was sent: as the browser says, or else the one of what the form is about.
    pub fn came_from(&self) -> String {
        let about = self.path.rsplit_once('/').map(|(parent, _)| parent).filter(|parent| !parent.is_empty());
        self.referer.clone().unwrap_or_else(|| about.unwrap_or("/").to_owned())
    }

    /// A picture, with links for this hour, that leads to its owner's page.
    pub fn picture(&self, card: &Card) -> Picture {
        self.site.pictures.show(&self.site.storage, self.at(), card, Wall::Own)
    }

    /// A picture, with links for this hour, that leads to its page in the gallery.
    pub fn hung(&self, card: &Card) -> Picture {
        self.site.pictures.show(&self.site.storage, self.at(), card, Wall::Gallery)
    }

    /// A part of a picture, with a link for this hour.
    pub fn cropped(&self, card: &Card, crop: Crop) -> Cropped {
        Cropped::new(&self.site.storage, self.at(), card, crop)
    }

    /// What happened just before.
    pub fn flash(&self) -> Option<Flash> {
        self.flash
    }

    /// A page, as an answer.
    pub fn page<P: Page>(&self, page: &P) -> Result<Response, Problem> {
        self.page_with(StatusCode::OK, page)
    }

    /// A page, as an answer with a status.
    pub fn page_with<P: Page>(&self, status: StatusCode, page: &P) -> Result<Response, Problem> {
        let begun = (P::HAS_FORM && self.session.is_none()).then(SessionValue::fresh);
        let session = begun.or(self.session);
        let csrf = session.map(|session| self.site.token_key.token(&session)).unwrap_or_default();
        let html = self.html(page, &csrf)?;
        let response = Response::builder().status(status).content_type("text/html; charset=utf-8");
        let personal = P::HAS_FORM || self.session.is_some() || self.cart.is_some() || self.flash.is_some();
        let response = if personal {
            response.header(header::CACHE_CONTROL, "no-store")
        } else {
            response.header(header::CACHE_CONTROL, "no-cache").header(header::VARY, "cookie")
        };
        let mut response = response.body(html);
        if let Some(begun) = begun {
            response.headers_mut().append(header::SET_COOKIE, self.site.cookies.keep_session(&begun, false));
        }
        if self.flash.is_some() {
            response.headers_mut().append(header::SET_COOKIE, self.site.cookies.drop_flash());
        }
        Ok(response)
    }

    /// A page's markup alone.
    pub fn markup<P: Page>(&self, page: &P) -> Result<String, Problem> {
        let csrf = self.session.map(|session| self.site.token_key.token(&session)).unwrap_or_default();
        self.html(page, &csrf)
    }

    fn html<P: Page>(&self, page: &P, csrf: &str) -> Result<String, Problem> {
        let assets = self.site.assets.get().map_err(Problem::Broken)?;
        let shell = Shell {
            title: &page.title(),
            account: self.known_visitor().map(|visitor| Account {
                email: &visitor.email,
                is_verified: visitor.is_verified,
                is_staff: visitor.role.is_staff(),
                unseen: visitor.unseen,
                erase_at: visitor.erase_at.map(moment),
            }),
            in_cart: self.in_cart(),
            csrf,
            path: &self.path,
            place: P::PLACE.unwrap_or(&self.path),
            assets: &assets.links,
            request_id: &self.request_id,
            flash: self.flash.map(Flash::message),
            canonical: page.canonical().map(|path| format!("{}{path}", self.site.origin)),
            description: &page.description(),
        };
        self.site.views.render(&shell, page)
    }

    /// Goes on to a path, where a message is shown.
    pub fn see_other_with(&self, path: &str, flash: Flash) -> Response {
        self.with_flash(see_other(path), flash)
    }

    /// Has a message shown on the next page.
    pub fn with_flash(&self, mut response: Response, flash: Flash) -> Response {
        response.headers_mut().append(header::SET_COOKIE, self.site.cookies.keep_flash(&flash.to_string()));
        response
    }
}

/// Goes on to a path by GET.
pub fn see_other(path: &str) -> Response {
    let location = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/"));
    Response::builder().status(StatusCode::SEE_OTHER).header(header::LOCATION, location).finish()
}
