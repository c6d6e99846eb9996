//! The key that signs the token for writes: made at each start, its private half never stored.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;

/// How long the printed token is good for.
pub const TOKEN_LIFE: Duration = Duration::from_secs(12 * 60 * 60);

/// What RFC 8410 puts before the 32 bytes of an Ed25519 key in PKCS #8.
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// An Ed25519 key with a name.
pub struct Key {
    id: String,
    private: EncodingKey,
}

impl Key {
    /// A new key.
    pub fn generate() -> Self {
        let der = [&PKCS8_PREFIX[..], &rand::random::<[u8; 32]>()].concat();
        Self { id: format!("laptop-{:08x}", rand::random::<u32>()), private: EncodingKey::from_ed_der(&der) }
    }

    /// Its public half, as api-gateway reads it from `JWKS_FILE`.
    pub fn jwks(&self) -> anyhow::Result<String> {
        let mut key = Jwk::from_encoding_key(&self.private, Algorithm::EdDSA)?;
        key.common.key_id = Some(self.id.clone());
        key.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(serde_json::to_string_pretty(&JwkSet { keys: vec![key] })?)
    }

    /// A token that api-gateway accepts with its default settings.
    pub fn token(&self, subject: &str) -> anyhow::Result<String> {
        let header = Header { kid: Some(self.id.clone()), ..Header::new(Algorithm::EdDSA) };
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let claims = json!({
            "iss": "microservices", "aud": "api-gateway", "sub": subject,
            "iat": now.as_secs(), "exp": (now + TOKEN_LIFE).as_secs(),
        });
        Ok(encode(&header, &claims, &self.private)?)
    }
}
