//! The shop's pages: each reads a request, calls `shop`, and renders or redirects. Nothing here speaks to an outside
//! service; signing a link to object storage is arithmetic.

pub mod admission;
pub mod assets;
pub mod browsers;
pub mod clients;
pub mod commands;
pub mod config;
pub mod coupons;
pub mod data_key;
pub mod deployment;
pub mod error;
pub mod flash;
pub mod forms;
pub mod hooks;
pub mod hosts;
pub mod limits;
pub mod methods;
pub mod one_time_codes;
pub mod pages;
pub mod passwords;
pub mod pictures;
mod random;
pub mod reloading;
pub mod requests;
pub mod routes;
pub mod security;
pub mod server;
pub mod session;
pub mod site;
pub mod storage;
pub mod uploads;
pub mod views;
pub mod visit;
pub mod waiting_line;

use std::{future::Future, sync::Arc};

use poem::{Endpoint, Response};
use tokio::net::TcpListener;

pub use crate::{config::Config, site::Site};

/// Everything that answers requests, from the outermost layer to the pages.
pub fn app(site: Arc<Site>) -> impl Endpoint<Output = Response> {
    requests::Outermost::new(routes::table().into_route(), site)
}

/// Serves the shop on this listener until `stop` is ready and the requests that began before have ended.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let site = Site::open(config).await?;
    if let Err(error) = shop::schema::check(&site.db).await {
        tracing::warn!("not ready: {error}");
    }
    tracing::info!("listening on http://{}", listener.local_addr()?);
    server::run(listener, app(site), stop).await;
    Ok(())
}
