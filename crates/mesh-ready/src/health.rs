//! May traffic come here: readiness by named checks, so that a not-ready probe says what it waits for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// The readiness of a process: ready when every check is up and no drain has begun.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<State>>);

/// A named condition for readiness. Pending until the first [`up`](Check::up).
///
/// Dropping a check withdraws its condition: what no longer exists cannot hold traffic back.
#[must_use = "a dropped check no longer counts"]
#[derive(Debug)]
pub struct Check {
    name: &'static str,
    health: Health,
}

/// What `/readyz` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// Whether traffic may come.
    pub ready: bool,
    /// What is missing, by name, with the reason.
    pub pending: BTreeMap<&'static str, String>,
}

#[derive(Debug, Default)]
struct State {
    pending: BTreeMap<&'static str, String>,
    draining: bool,
}

impl Health {
    /// Adds a condition for readiness.
    pub fn check(&self, name: &'static str) -> Check {
        self.lock().pending.insert(name, "starting".to_owned());
        Check { name, health: self.clone() }
    }

    /// From now on not ready, whatever the checks say: the process is about to go.
    pub fn drain(&self) {
        self.lock().draining = true;
    }

    /// The answer of a readiness probe at this moment.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        let state = self.lock();
        let mut pending = state.pending.clone();
        if state.draining {
            pending.insert("drain", "shutting down".to_owned());
        }
        Readiness { ready: pending.is_empty(), pending }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Check {
    /// The condition holds.
    pub fn up(&self) {
        if self.health.lock().pending.remove(self.name).is_some() {
            tracing::info!(check = self.name, "Readiness check {} is up", self.name);
        }
    }

    /// The condition does not hold; `reason` is shown to whoever asks the admin port.
    pub fn down(&self, reason: impl Into<String>) {
        let reason = reason.into();
        let mut state = self.health.lock();
        if state.pending.get(self.name) != Some(&reason) {
            tracing::warn!(check = self.name, reason, "Readiness check {} is down", self.name);
            state.pending.insert(self.name, reason);
        }
    }
}

impl Drop for Check {
    fn drop(&mut self) {
        self.health.lock().pending.remove(self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_ready_when_every_check_is_up() {
        let health = Health::default();
        let (database, cache) = (health.check("database"), health.check("cache"));
        database.up();
        assert_eq!(health.readiness().pending.keys().collect::<Vec<_>>(), [&"cache"]);
        cache.up();
        assert!(health.readiness().ready);
        database.down("connection refused");
        assert_eq!(health.readiness().pending["database"], "connection refused");
    }

    #[test]
    fn a_draining_process_is_not_ready_even_if_every_check_is_up() {
        let health = Health::default();
        health.drain();
        assert_eq!(health.readiness().pending["drain"], "shutting down");
    }

    #[test]
    fn a_dropped_check_no_longer_holds_traffic_back() {
        let health = Health::default();
        drop(health.check("database"));
        assert!(health.readiness().ready);
    }
}
