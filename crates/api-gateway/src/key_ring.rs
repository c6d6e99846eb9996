//! Which public keys may sign tokens: a JWK set in a file, read again when it may have changed.
//!
//! In a cluster the file is a mounted Secret, so keys are rotated by writing the file: first the new key beside
//! the old one, later without the old one. An unknown key id makes the file be read at once; a key that was
//! taken out is forgotten within a minute.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tracing::{info, warn};

use crate::jwks::{JwksError, Key, NamedKey, usable_keys};

/// How long a key that was taken out of the file is still trusted at most.
const REFRESH_INTERVAL: Duration = Duration::from_secs(60);

/// Anybody can send unknown key ids; the file is read for their sake no more often than this.
const REREAD_INTERVAL: Duration = Duration::from_secs(1);

/// The keys of a JWK set file.
#[derive(Debug)]
pub struct KeyRing {
    path: PathBuf,
    state: Mutex<State>,
}

/// Why a token's key was not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// No key has this id.
    Unknown,
    /// The token names no key and there are several.
    Ambiguous,
}

#[derive(Debug)]
struct State {
    content: Vec<u8>,
    keys: Vec<NamedKey>,
    reread_at: Option<Instant>,
}

impl KeyRing {
    /// Reads the file; it must hold at least one usable key.
    ///
    /// # Errors
    /// The file cannot be read, is no JWK set or has no usable key.
    pub fn open(path: impl Into<PathBuf>) -> Result<Arc<Self>, JwksError> {
        let path = path.into();
        let content = std::fs::read(&path).map_err(JwksError::Unreadable)?;
        let keys = usable_keys(&content)?;
        let state = Mutex::new(State { content, keys, reread_at: None });
        Ok(Arc::new(Self { path, state }))
    }

    /// The key with this id, or the only key when the token names none. An unknown id makes the file be read
    /// again, at most once a second.
    ///
    /// # Errors
    /// There is no such key, or no single one.
    pub fn find(&self, kid: Option<&str>) -> Result<Arc<Key>, Missing> {
        self.find_at(kid, Instant::now())
    }

    /// Reads the file again. Content that is no better than before keeps the old keys and is logged.
    pub fn refresh(&self) {
        self.refresh_state(&mut self.state());
    }

    /// Refreshes each minute for as long as the ring lives.
    pub fn spawn_refresh(self: &Arc<Self>) {
        tokio::spawn(refresh_regularly(Arc::downgrade(self)));
    }

    fn find_at(&self, kid: Option<&str>, now: Instant) -> Result<Arc<Key>, Missing> {
        let mut state = self.state();
        let found = state.find(kid);
        if found.is_ok() || !state.may_reread(now) {
            return found;
        }
        state.reread_at = Some(now);
        self.refresh_state(&mut state);
        state.find(kid)
    }

    // The file is small and in memory in a cluster (tmpfs), so that reading it blocks nobody for long.
    fn refresh_state(&self, state: &mut State) {
        let read = std::fs::read(&self.path).map_err(JwksError::Unreadable);
        match read.and_then(|content| state.replace(content)) {
            Ok(true) => info!(keys = state.keys.len(), "JWKS_FILE has changed, its keys are in use"),
            Ok(false) => {}
            Err(error) => warn!("JWKS_FILE {error}; the keys read before stay in use"),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn find(&self, kid: Option<&str>) -> Result<Arc<Key>, Missing> {
        let only = match self.keys.as_slice() {
            [only] if only.kid.is_none() || kid.is_none() => Some(only),
            _ => None,
        };
        let named = |kid| self.keys.iter().find(|named| named.kid.as_deref() == Some(kid));
        let missing = if kid.is_some() { Missing::Unknown } else { Missing::Ambiguous };
        only.or_else(|| kid.and_then(named)).map(|named| named.key.clone()).ok_or(missing)
    }

    fn may_reread(&self, now: Instant) -> bool {
        self.reread_at.is_none_or(|at| now.saturating_duration_since(at) >= REREAD_INTERVAL)
    }

    /// Unchanged content keeps the very same keys, and with them all that was verified by them.
    fn replace(&mut self, content: Vec<u8>) -> Result<bool, JwksError> {
        if content == self.content {
            return Ok(false);
        }
        self.keys = usable_keys(&content)?;
        self.content = content;
        Ok(true)
    }
}

async fn refresh_regularly(ring: Weak<KeyRing>) {
    let mut ticks = tokio::time::interval(REFRESH_INTERVAL);
    loop {
        ticks.tick().await;
        let Some(ring) = ring.upgrade() else { return };
        ring.refresh();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    // The public key of RFC 8037 appendix A.2.
    const ED25519_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn ed25519(kid: &str) -> serde_json::Value {
        json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": ED25519_X})
    }

    fn set(keys: &[serde_json::Value]) -> Vec<u8> {
        json!({ "keys": keys }).to_string().into_bytes()
    }

    #[test]
    fn a_file_without_usable_keys_is_refused_with_the_reason() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("jwks.json");
        let reason = || KeyRing::open(&path).expect_err("a refusal").to_string();
        assert!(reason().starts_with("cannot be read"), "{}", reason());
        for (content, expected) in
            [("", "is no JSON Web Key set"), ("[]", "is no JSON Web Key set"), (r#"{"keys":[]}"#, "no usable key")]
        {
            std::fs::write(&path, content).expect("a written file");
            assert!(reason().contains(expected), "{}", reason());
        }
    }

    #[test]
    fn a_token_without_key_id_needs_a_single_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("jwks.json");
        let open = |keys: &[serde_json::Value]| {
            std::fs::write(&path, set(keys)).expect("a written file");
            KeyRing::open(&path).expect("a key ring")
        };
        let one = open(&[ed25519("a")]);
        assert!(one.find(None).is_ok());
        assert_eq!(one.find(Some("b")).expect_err("another id"), Missing::Unknown);
        let nameless = open(&[json!({"kty": "OKP", "crv": "Ed25519", "x": ED25519_X})]);
        assert!(nameless.find(Some("b")).is_ok());
        let two = open(&[ed25519("a"), ed25519("b")]);
        assert!(two.find(Some("b")).is_ok());
        assert_eq!(two.find(None).expect_err("no id"), Missing::Ambiguous);
    }

    #[test]
    fn a_rotated_key_is_found_and_bad_content_keeps_the_old_keys() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("jwks.json");
        let write = |content: &[u8]| std::fs::write(&path, content).expect("a written file");
        write(&set(&[ed25519("a")]));
        let ring = KeyRing::open(&path).expect("a key ring");
        let start = Instant::now();

        write(b"half a fi");
        assert!(ring.find_at(Some("b"), start).is_err());
        assert!(ring.find_at(Some("a"), start).is_ok());

        write(&set(&[ed25519("b")]));
        let soon = start + REREAD_INTERVAL / 2;
        assert!(ring.find_at(Some("b"), soon).is_err(), "the file is not read twice within a second");
        assert!(ring.find_at(Some("b"), start + REREAD_INTERVAL).is_ok());
        assert!(ring.find_at(Some("a"), start + REREAD_INTERVAL).is_err());
    }
}
