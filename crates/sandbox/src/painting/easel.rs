//! Two easels for the whole sandbox: painting is CPU work, and the shop under test needs its share of the machine.

use std::sync::Arc;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::Semaphore;

use super::{Commission, Format};

const EASELS: usize = 2;
/// Pixels along each edge of a sketch.
const SKETCH: u32 = 256;

/// Paints off the async threads, two pictures at a time.
pub(crate) struct Easel(Semaphore);

impl Easel {
    pub fn new() -> Easel {
        Easel(Semaphore::new(EASELS))
    }

    /// A small picture in base64, for whoever measures something else than painting.
    pub async fn sketch(&self) -> anyhow::Result<String> {
        let commission = Commission {
            prompt: "a lighthouse at dawn".to_owned(),
            width: SKETCH,
            height: SKETCH,
            transparent: false,
            format: Format::Jpeg,
            compression: 80,
            source: None,
        };
        self.paint(commission, 1).await?.pop().context("no picture")
    }

    /// So many pictures of one commission, in base64.
    pub async fn paint(&self, commission: Commission, count: u64) -> anyhow::Result<Vec<String>> {
        let commission = Arc::new(commission);
        let one = |index| {
            let commission = Arc::clone(&commission);
            async move {
                let _easel = self.0.acquire().await?;
                let painted = tokio::task::spawn_blocking(move || {
                    commission.execute(index).map(|bytes| STANDARD.encode(bytes))
                });
                painted.await.context("a painting failed")?
            }
        };
        futures::future::try_join_all((0..count).map(one)).await
    }
}
