//! A key that signs tokens where no identity provider is at hand: on a laptop, in a cluster for a demonstration.
//!
//! ```
//! let key = demo_key::Key::generate();
//! let again = demo_key::Key::from_der(key.der().to_vec())?;
//! assert_eq!(key.jwks()?, again.jwks()?);
//! assert_eq!(key.token("somebody")?.matches('.').count(), 2);
//! # Ok::<(), demo_key::Error>(())
//! ```

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;

/// How long a token is good for.
pub const TOKEN_LIFE: Duration = Duration::from_secs(12 * 60 * 60);
/// The `iss` of the tokens, the default of api-gateway's `JWT_ISSUER`.
pub const ISSUER: &str = "microservices";
/// The `aud` of the tokens, the default of api-gateway's `JWT_AUDIENCE`.
pub const AUDIENCE: &str = "api-gateway";

/// What RFC 8410 puts before the 32 bytes of an Ed25519 key in PKCS #8.
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// An Ed25519 key.
pub struct Key {
    der: Vec<u8>,
    private: EncodingKey,
}

/// Why a key is of no use.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not the private half of an Ed25519 key in PKCS #8.
    #[error("this is no Ed25519 key in PKCS #8")]
    Form,
    /// What the library said.
    #[error(transparent)]
    Token(#[from] jsonwebtoken::errors::Error),
}

impl Key {
    /// A new key.
    #[must_use]
    pub fn generate() -> Self {
        Self::of([&PKCS8_PREFIX[..], &rand::random::<[u8; 32]>()].concat())
    }

    /// A key that was kept.
    ///
    /// # Errors
    /// [`Error::Form`] for anything but what [`der`](Self::der) gave.
    pub fn from_der(der: Vec<u8>) -> Result<Self, Error> {
        if der.len() == PKCS8_PREFIX.len() + 32 && der.starts_with(&PKCS8_PREFIX) {
            return Ok(Self::of(der));
        }
        Err(Error::Form)
    }

    /// The private half in PKCS #8, to be kept where only its owner reads.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The public half as a JSON Web Key set, as api-gateway reads it from `JWKS_FILE`.
    ///
    /// # Errors
    /// When the library cannot use the key.
    pub fn jwks(&self) -> Result<String, Error> {
        let keys = vec![self.public()?];
        Ok(format!("{:#}\n", json!(JwkSet { keys })))
    }

    /// A token for `subject` that api-gateway accepts with its default settings for [`TOKEN_LIFE`].
    ///
    /// # Errors
    /// When the library cannot use the key.
    pub fn token(&self, subject: &str) -> Result<String, Error> {
        let header = Header { kid: self.public()?.common.key_id, ..Header::new(Algorithm::EdDSA) };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let claims = json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": subject,
            "iat": now.as_secs(), "exp": (now + TOKEN_LIFE).as_secs(),
        });
        Ok(encode(&header, &claims, &self.private)?)
    }

    fn of(der: Vec<u8>) -> Self {
        let private = EncodingKey::from_ed_der(&der);
        Self { der, private }
    }

    /// The key's name is the beginning of its public half: the same key has the same name everywhere.
    fn public(&self) -> Result<Jwk, Error> {
        let mut key = Jwk::from_encoding_key(&self.private, Algorithm::EdDSA)?;
        let x = json!(key.algorithm)["x"].as_str().unwrap_or_default().chars().take(8).collect();
        key.common.key_id = Some(x);
        key.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_refused() {
        for der in [vec![], vec![0; 48], [&PKCS8_PREFIX[..], &[1; 31]].concat(), [&PKCS8_PREFIX[..], &[1; 33]].concat()]
        {
            assert!(matches!(Key::from_der(der), Err(Error::Form)));
        }
    }

    #[test]
    fn the_public_half_does_not_hold_the_private_one() {
        let key = Key::generate();
        let jwks: serde_json::Value = serde_json::from_str(&key.jwks().expect("a key set")).expect("JSON");
        let fields: Vec<&String> = jwks["keys"][0].as_object().expect("a key").keys().collect();
        assert_eq!(fields, ["alg", "crv", "kid", "kty", "use", "x"]);
    }
}
