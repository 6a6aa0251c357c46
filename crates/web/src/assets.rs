//! Style sheets, scripts and icons, held in memory: under a name that changes with the content, kept by browsers for good.

use std::{collections::HashMap, fs, io::Write, path::Path};

use anyhow::{Context, bail};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use poem::{
    Response,
    http::{HeaderMap, StatusCode, header},
};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::reloading;

/// The addresses that the layout links to.
#[derive(Debug, Clone, Serialize)]
pub struct Links {
    /// The style sheet.
    pub css: String,
    /// Comfort on top of pages that work without it.
    pub js: String,
    /// Swaps fragments of pages.
    pub htmx: String,
    /// The icon.
    pub favicon: String,
}

/// One file.
#[derive(Debug, Clone)]
struct Asset {
    bytes: Bytes,
    /// Made once at start, if it is smaller.
    gzip: Option<Bytes>,
    media_type: &'static str,
    etag: String,
    /// Under this name there will never be anything else.
    immutable: bool,
}

/// All of them, by what follows `/assets/` in their address.
#[derive(Debug)]
pub struct Assets {
    by_name: HashMap<String, Asset>,
    /// What the layout links to.
    pub links: Links,
}

impl Assets {
    /// Reads a folder. Files of a kind that browsers have no use for are left out.
    pub fn load(folder: &Path) -> anyhow::Result<Self> {
        let mut by_name = HashMap::new();
        let mut hashed = HashMap::new();
        for path in reloading::files(folder)? {
            let name = path.strip_prefix(folder)?.to_string_lossy().replace('\\', "/");
            let Some((stem, extension)) = name.rsplit_once('.') else { continue };
            let Some(media_type) = media_type(extension) else { continue };
            let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let digest = hex::encode(&Sha256::digest(&bytes)[..8]);
            let lasting = format!("{stem}.{digest}.{extension}");
            let gzip = compressed(&bytes)?;
            let asset = Asset {
                bytes: bytes.into(),
                gzip,
                media_type,
                etag: format!("W/\"{digest}\""),
                immutable: true,
            };
            by_name.insert(name.clone(), Asset { immutable: false, ..asset.clone() });
            by_name.insert(lasting.clone(), asset);
            hashed.insert(name, lasting);
        }
        let link = |name: &str| match hashed.get(name) {
            Some(lasting) => Ok(format!("/assets/{lasting}")),
            None => bail!("{} is missing in {}", name, folder.display()),
        };
        let links = Links {
            css: link("app.css")?,
            js: link("app.js")?,
            htmx: link("htmx.min.js")?,
            favicon: link("favicon.svg")?,
        };
        Ok(Self { by_name, links })
    }

    /// Answers a request for one, if there is such a one.
    pub fn answer(&self, name: &str, request: &HeaderMap) -> Option<Response> {
        let asset = self.by_name.get(name)?;
        let text = |name| request.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let lasting =
            if asset.immutable { "public, max-age=31536000, immutable" } else { "public, no-cache" };
        let mut response = Response::builder()
            .header(header::CACHE_CONTROL, lasting)
            .header(header::ETAG, asset.etag.as_str())
            .header(header::VARY, "accept-encoding");
        if text(header::IF_NONE_MATCH).contains(&asset.etag) {
            return Some(response.status(StatusCode::NOT_MODIFIED).finish());
        }
        response = response.content_type(asset.media_type);
        let accepts_gzip = text(header::ACCEPT_ENCODING).split(',').any(|coding| coding.trim() == "gzip");
        Some(match &asset.gzip {
            Some(gzip) if accepts_gzip => {
                response.header(header::CONTENT_ENCODING, "gzip").body(gzip.clone())
            }
            _ => response.body(asset.bytes.clone()),
        })
    }
}

fn compressed(bytes: &[u8]) -> anyhow::Result<Option<Bytes>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    let gzip = gzip.finish()?;
    Ok((gzip.len() < bytes.len() * 9 / 10).then(|| gzip.into()))
}

fn media_type(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" => "image/jpeg",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        _ => return None,
    })
}
