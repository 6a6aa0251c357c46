//! Keeps one program running: starts it again, ever more slowly, when it ends by itself.

use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    process::Child,
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    keeper::Keeper,
    logs::{Logs, Source},
    program::Program,
    signals::{Signals, Wish},
};

const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// Who ran that long has got over what ended it before.
const STEADY: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Health {
    Starting,
    Ready,
    /// It ended before it was ever ready: starting it again would show the same.
    Failed,
}

/// A program that is kept running.
#[derive(Debug)]
pub struct Supervised {
    source: Source,
    health: watch::Receiver<Health>,
    stop: CancellationToken,
    task: JoinHandle<bool>,
}

impl Supervised {
    /// Starts it. Its end before it was ready is final; later ends are not.
    pub fn start(program: Program, drain: Duration, logs: Logs, keeper: Keeper, signals: Signals) -> Self {
        let (tell, health) = watch::channel(Health::Starting);
        let stop = CancellationToken::new();
        let source = program.source;
        let life = Life { program, drain, logs, keeper, signals, health: tell };
        let task = tokio::spawn(life.live(stop.clone()));
        Self { source, health, stop, task }
    }

    /// Waits until it says that it is ready.
    pub async fn ready(&self, patience: Duration) -> anyhow::Result<()> {
        let name = self.source.name();
        let mut health = self.health.clone();
        match timeout(patience, health.wait_for(|health| *health != Health::Starting)).await {
            Err(_) => bail!("{name} was not ready within {} s", patience.as_secs()),
            Ok(Err(_)) => bail!("{name} did not start"),
            Ok(Ok(health)) => ensure!(*health == Health::Ready, "{name} ended while it started"),
        }
        Ok(())
    }

    /// Asks it to stop and waits until it has. At the second Ctrl-C, or when it takes too long, it is killed, and false
    /// comes back.
    pub async fn stop(self) -> bool {
        self.stop.cancel();
        self.task.await.unwrap_or(false)
    }
}

struct Life {
    program: Program,
    /// How long it may take to end what it has begun.
    drain: Duration,
    logs: Logs,
    keeper: Keeper,
    signals: Signals,
    health: watch::Sender<Health>,
}

impl Life {
    /// Until it is asked to stop, or ends too early; tells whether it ended by itself.
    async fn live(self, stop: CancellationToken) -> bool {
        let source = self.program.source;
        let mut pause = SHORTEST_PAUSE;
        loop {
            let began = Instant::now();
            let health = self.health.clone();
            let child = self.program.spawn(&self.logs, move || {
                health.send_replace(Health::Ready);
            });
            let end = match child {
                Ok(mut child) => {
                    if let Some(pid) = child.id() {
                        self.keeper.watch(source.name(), pid);
                    }
                    let end = tokio::select! {
                        end = child.wait() => Some(end),
                        () = stop.cancelled() => None,
                    };
                    let Some(end) = end else {
                        let in_order = self.end(&mut child).await;
                        self.keeper.forget(source.name());
                        return in_order;
                    };
                    self.keeper.forget(source.name());
                    end.map_or_else(|error| error.to_string(), |status| status.to_string())
                }
                Err(error) => format!("{error:#}"),
            };
            if *self.health.borrow() == Health::Starting {
                self.logs.line(source, &format!("ended while it started ({end})"));
                self.health.send_replace(Health::Failed);
                return true;
            }
            if began.elapsed() > STEADY {
                pause = SHORTEST_PAUSE;
            }
            let seconds = pause.as_secs_f32();
            self.logs.line(
                Source::Dev,
                &format!("{} ended ({end}); it starts again in {seconds} s", source.name()),
            );
            if timeout(pause, stop.cancelled()).await.is_ok() {
                return true;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn end(&self, child: &mut Child) -> bool {
        let Some(pid) = child.id().and_then(|pid| pid.try_into().ok()) else { return true };
        // A process that is gone is what we wanted.
        let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        let name = self.program.source.name();
        tokio::select! {
            _ = child.wait() => return true,
            () = self.signals.wished(Wish::Hurry) => {}
            () = self.remind(name) => {}
            () = sleep(self.drain) => {}
        }
        self.logs.line(Source::Dev, &format!("{name} did not end by itself and is killed"));
        let _ = child.kill().await;
        false
    }

    /// Says what is waited for, now and then, and never returns.
    async fn remind(&self, name: &str) {
        sleep(Duration::from_secs(3)).await;
        loop {
            self.logs
                .line(Source::Dev, &format!("{name} ends what it has begun; Ctrl-C again to cut it short"));
            sleep(Duration::from_secs(20)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::PathBuf};

    use super::*;
    use crate::lock::Lock;

    fn sh(script: &'static str) -> Program {
        Program {
            source: Source::Worker,
            path: PathBuf::from("sh"),
            arguments: vec!["-c", script],
            environment: BTreeMap::new(),
            folder: PathBuf::from("/"),
            ready: "lanes open",
        }
    }

    fn with(script: &'static str) -> (Supervised, Logs) {
        let folder = tempfile::tempdir().expect("a folder");
        let keeper = Keeper::start(&Lock::take(&folder.path().join("lock"), "it").expect("free"))
            .expect("sh is there");
        let logs = Logs::remembered();
        let signals = Signals::listen().expect("a runtime");
        (Supervised::start(sh(script), Duration::from_millis(800), logs.clone(), keeper, signals), logs)
    }

    #[tokio::test]
    async fn an_end_before_readiness_is_final() {
        let (supervised, logs) = with("echo no configuration >&2; exit 3");
        let error = supervised.ready(Duration::from_secs(10)).await.expect_err("it ended");
        assert_eq!(error.to_string(), "worker ended while it started");
        supervised.stop().await;
        assert!(logs.last_lines()[0].1.contains(&"no configuration".to_owned()));
    }

    #[tokio::test]
    async fn an_end_after_readiness_is_followed_by_a_new_life() {
        let (supervised, logs) = with("echo lanes open; sleep 0.1; exit 3");
        supervised.ready(Duration::from_secs(10)).await.expect("ready");
        let lives = || {
            logs.last_lines()
                .iter()
                .flat_map(|each| each.1.clone())
                .filter(|line| line == "lanes open")
                .count()
        };
        timeout(Duration::from_secs(10), async {
            while lives() < 2 {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .expect("started again");
        supervised.stop().await;
    }

    #[tokio::test]
    async fn one_that_does_not_end_is_killed_in_time() {
        let (supervised, _) = with("trap '' TERM; echo lanes open; while :; do sleep 0.05; done");
        supervised.ready(Duration::from_secs(10)).await.expect("ready");
        assert!(!timeout(Duration::from_secs(10), supervised.stop()).await.expect("in time"));
    }

    #[tokio::test]
    async fn a_stop_lets_it_end_what_it_does() {
        let (supervised, logs) =
            with("trap 'echo drained; exit 0' TERM; echo lanes open; while :; do sleep 0.05; done");
        supervised.ready(Duration::from_secs(10)).await.expect("ready");
        supervised.stop().await;
        timeout(Duration::from_secs(5), async {
            while !logs.last_lines()[0].1.contains(&"drained".to_owned()) {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .expect("its last line was read");
    }
}
