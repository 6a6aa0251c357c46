//! Ctrl-C and its kin: the first asks for a stop in order, the second for haste.

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

/// What the person at the terminal wants.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Wish {
    /// Go on.
    Run,
    /// Stop in order.
    Stop,
    /// Stop now.
    Hurry,
}

/// Hears the wishes.
#[derive(Clone, Debug)]
pub struct Signals {
    wish: watch::Receiver<Wish>,
}

impl Signals {
    /// From here on SIGINT, SIGTERM and SIGHUP end nothing by themselves.
    pub fn listen() -> anyhow::Result<Self> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hangup = signal(SignalKind::hangup())?;
        let (tell, wish) = watch::channel(Wish::Run);
        tokio::spawn(async move {
            for next in [Wish::Stop, Wish::Hurry] {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                    _ = hangup.recv() => {}
                }
                tell.send_replace(next);
            }
            // Whoever waits for a wish must not find the channel closed.
            tell.closed().await;
        });
        Ok(Self { wish })
    }

    /// Waits until at least this is wished.
    pub async fn wished(&self, least: Wish) {
        let mut wish = self.wish.clone();
        if wish.wait_for(|wish| *wish >= least).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
