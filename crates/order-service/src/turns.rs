//! Repeats that arrive at the same time wait for each other here, in memory.
//!
//! The database alone keeps them apart, across processes too. But there each of them would hold a connection while it
//! waits, and a crowd of repeats would keep everybody else from the database.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, Weak};

use tokio::sync::{Mutex, OwnedMutexGuard};

/// Who may go on, by key. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Turns(Arc<std::sync::Mutex<HashMap<String, Weak<Mutex<()>>>>>);

/// The right to go on; the next one with the key gets it when this is dropped.
#[must_use]
pub(crate) struct Turn {
    turns: Turns,
    key: String,
    held: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits for everybody who came with this key before.
    pub(crate) async fn wait(&self, key: &str) -> Turn {
        let lock = self.lock_of(key);
        // Before the wait, so that whoever gives up while waiting is forgotten too.
        let mut turn = Turn { turns: self.clone(), key: key.to_owned(), held: None };
        turn.held = Some(lock.lock_owned().await);
        turn
    }

    fn lock_of(&self, key: &str) -> Arc<Mutex<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = locks.get(key).and_then(Weak::upgrade) {
            return lock;
        }
        let lock = Arc::default();
        locks.insert(key.to_owned(), Arc::downgrade(&lock));
        lock
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut locks = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        self.held = None;
        if locks.get(&self.key).is_some_and(|lock| lock.strong_count() == 0) {
            locks.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn one_goes_on_at_a_time() {
        let (turns, inside) = (Turns::default(), Arc::new(AtomicU32::new(0)));
        let visit = |_| {
            let (turns, inside) = (turns.clone(), Arc::clone(&inside));
            tokio::spawn(async move {
                let _turn = turns.wait("key").await;
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                tokio::task::yield_now().await;
                inside.fetch_sub(1, Ordering::SeqCst);
            })
        };
        for visitor in (0..100).map(visit).collect::<Vec<_>>() {
            visitor.await.expect("alone");
        }
        assert_eq!(turns.keys(), 0);
    }

    #[tokio::test]
    async fn whoever_leaves_leaves_nothing_behind() {
        let turns = Turns::default();
        let (first, other) = (turns.wait("key").await, turns.wait("other").await);
        let impatient = tokio::time::timeout(Duration::from_millis(1), turns.wait("key")).await;
        assert!(impatient.is_err(), "the first one holds the key");
        assert_eq!(turns.keys(), 2);
        drop((first, other));
        assert_eq!(turns.keys(), 0);
    }

    impl Turns {
        fn keys(&self) -> usize {
            self.0.lock().expect("not poisoned").len()
        }
    }
}
