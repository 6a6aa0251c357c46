//! One URL and what can be done there. A form that is sent passes the checks of `forms`; [`Methods::post_by_link`] and
//! [`Methods::post_signed`] are the ways around them, and a test names who may go them.

use std::io;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use hyper::body::Body as _;
use poem::{
    Endpoint, EndpointExt, IntoEndpoint, Request, Response, Result,
    endpoint::BoxEndpoint,
    http::{Method, header},
};

use crate::{error::Problem, forms::Guarded};

/// The methods of a URL.
#[derive(Default)]
pub struct Methods {
    get: Option<BoxEndpoint<'static, Response>>,
    post: Option<BoxEndpoint<'static, Response>>,
    by_link: bool,
}

impl Methods {
    /// Answers GET, and HEAD with it.
    #[must_use]
    pub fn get<E: IntoEndpoint<Endpoint: 'static>>(mut self, page: E) -> Self {
        self.get = Some(page.into_endpoint().map_to_response().boxed());
        self
    }

    /// Takes a form of ours.
    #[must_use]
    pub fn post<E: IntoEndpoint<Endpoint: 'static>>(mut self, page: E) -> Self {
        let inner = page.into_endpoint().map_to_response();
        self.post = Some(Guarded { inner, takes_file: false }.boxed());
        self
    }

    /// Takes a form of ours that a file may come with.
    #[must_use]
    pub fn post_with_file<E: IntoEndpoint<Endpoint: 'static>>(mut self, page: E) -> Self {
        let inner = page.into_endpoint().map_to_response();
        self.post = Some(Guarded { inner, takes_file: true }.boxed());
        self
    }

    /// Takes a request from anywhere, and reads nothing of it but its address: for a link in a mail that a mail program follows
    /// by itself (RFC 8058 §3.2: no cookies, no redirects). What is done must harm nobody, whoever sends it.
    #[must_use]
    pub fn post_by_link<E: IntoEndpoint<Endpoint: 'static>>(mut self, page: E) -> Self {
        self.post = Some(page.into_endpoint().map_to_response().boxed());
        self.by_link = true;
        self
    }

    /// Takes a request from anywhere whose body proves by a signature who made it. The page reads nothing of it before it has
    /// looked at that.
    #[must_use]
    pub fn post_signed<E: IntoEndpoint<Endpoint: 'static>>(self, page: E) -> Self {
        self.post_by_link(page)
    }

    /// Whether a POST is taken from anywhere.
    pub fn takes_links(&self) -> bool {
        self.by_link
    }

    /// As the Allow header names them.
    pub fn allowed(&self) -> &'static str {
        match (self.get.is_some(), self.post.is_some()) {
            (true, true) => "GET, HEAD, POST",
            (true, false) => "GET, HEAD",
            (false, true) => "POST",
            (false, false) => "",
        }
    }
}

impl Endpoint for Methods {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let head = *request.method() == Method::HEAD;
        if head {
            request.set_method(Method::GET);
        }
        let endpoint = match *request.method() {
            Method::GET => self.get.as_ref(),
            Method::POST => self.post.as_ref(),
            _ => None,
        };
        let Some(endpoint) = endpoint else { return Err(Problem::MethodNotAllowed(self.allowed()).into()) };
        let response = endpoint.call(request).await?;
        Ok(if head { without_body(response) } else { response })
    }
}

fn without_body(mut response: Response) -> Response {
    let body: BoxBody<Bytes, io::Error> = response.take_body().into();
    if let Some(length) = body.size_hint().exact() {
        response.headers_mut().entry(header::CONTENT_LENGTH).or_insert(length.into());
    }
    response
}
