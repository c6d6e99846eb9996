//! Which keys of a JWK set may sign tokens?

use std::sync::Arc;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};
use serde::Deserialize;

/// RFC 7518 section 3.3 forbids shorter moduli.
const RSA_MODULUS_BYTES: usize = 256;
const ED25519_KEY_BYTES: usize = 32;

/// A public key with the one algorithm that it is used with. The algorithm comes from the key and never from
/// a token, which leaves no room for `none` or for a public key used as a shared secret.
#[derive(Debug)]
pub struct Key {
    /// EdDSA, ES256 or RS256.
    pub algorithm: Algorithm,
    /// The key itself.
    pub decoding: DecodingKey,
}

/// A key with the name that tokens call it by.
#[derive(Debug)]
pub struct NamedKey {
    /// The JWK's `kid`.
    pub kid: Option<String>,
    /// The key. What it has verified is trusted for as long as this lives.
    pub key: Arc<Key>,
}

/// What is wrong with a JWK set file.
#[derive(Debug, thiserror::Error)]
pub enum JwksError {
    /// The file is missing or not readable by this process.
    #[error("cannot be read ({0}); expected the path of a JSON Web Key set, for example /etc/api-gateway/jwks.json")]
    Unreadable(#[source] std::io::Error),
    /// The content is no JSON object with `keys`.
    #[error(
        r#"is no JSON Web Key set ({0}); expected {{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"...","x":"..."}}]}}"#
    )]
    NotASet(#[source] serde_json::Error),
    /// All keys are of other kinds, for other uses or broken.
    #[error(
        "holds no usable key; expected a public key for EdDSA (Ed25519), ES256 (P-256) or RS256 (2048 bits or more)"
    )]
    NoUsableKey,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

/// The keys that can verify tokens. Others are passed over, as RFC 7517 section 5 asks: the same set may serve
/// other readers too.
///
/// # Errors
/// The content is no JWK set, or no key in it is usable.
pub fn usable_keys(content: &[u8]) -> Result<Vec<NamedKey>, JwksError> {
    let set: Set = serde_json::from_slice(content).map_err(JwksError::NotASet)?;
    let keys: Vec<_> = set
        .keys
        .into_iter()
        .filter_map(|value| serde_json::from_value::<Jwk>(value).ok())
        .filter_map(|jwk| usable_key(&jwk).map(|key| NamedKey { kid: jwk.common.key_id, key: Arc::new(key) }))
        .collect();
    if keys.is_empty() { Err(JwksError::NoUsableKey) } else { Ok(keys) }
}

fn usable_key(jwk: &Jwk) -> Option<Key> {
    let algorithm = algorithm_of(&jwk.algorithm)?;
    let declared = jwk.common.key_algorithm;
    let declared_use = jwk.common.public_key_use.as_ref();
    if declared.is_some_and(|declared| declared != KeyAlgorithm::from(algorithm))
        || declared_use.is_some_and(|declared| *declared != PublicKeyUse::Signature)
    {
        return None;
    }
    let decoding = DecodingKey::from_jwk(jwk).ok()?;
    let key = Key { algorithm, decoding };
    key.is_sound().then_some(key)
}

fn algorithm_of(parameters: &AlgorithmParameters) -> Option<Algorithm> {
    match parameters {
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => Some(Algorithm::EdDSA),
        AlgorithmParameters::EllipticCurve(point) if point.curve == EllipticCurve::P256 => Some(Algorithm::ES256),
        AlgorithmParameters::RSA(_) => Some(Algorithm::RS256),
        _ => None,
    }
}

impl Key {
    /// A broken key must be found now: the library looks at it only when a token comes, and panics on an
    /// Ed25519 key that is too short.
    fn is_sound(&self) -> bool {
        let long_enough = match (self.algorithm, self.decoding.kind()) {
            (Algorithm::EdDSA, DecodingKeyKind::SecretOrDer(bytes)) => bytes.len() == ED25519_KEY_BYTES,
            (_, DecodingKeyKind::RsaModulusExponent { n, .. }) => n.len() >= RSA_MODULUS_BYTES,
            _ => true,
        };
        long_enough && jsonwebtoken::crypto::verify("", b"", &self.decoding, self.algorithm).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    // The public keys of RFC 8037 appendix A.2 and RFC 7515 appendix A.3.
    const ED25519_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    const P256_X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    const P256_Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

    fn ed25519(kid: &str) -> serde_json::Value {
        json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": ED25519_X})
    }

    fn set(keys: &[serde_json::Value]) -> Vec<u8> {
        json!({ "keys": keys }).to_string().into_bytes()
    }

    #[test]
    fn only_sound_public_signing_keys_are_used() {
        let p256 = json!({"kty": "EC", "crv": "P-256", "x": P256_X, "y": P256_Y});
        let cases = [
            (ed25519("a"), true),
            (p256.clone(), true),
            (json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "x": ED25519_X}), true),
            (json!({"kty": "OKP", "crv": "Ed25519", "use": "enc", "x": ED25519_X}), false),
            (json!({"kty": "OKP", "crv": "Ed25519", "alg": "HS256", "x": ED25519_X}), false),
            (json!({"kty": "OKP", "crv": "X25519", "x": ED25519_X}), false),
            (json!({"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}), false),
            (json!({"kty": "OKP", "crv": "Ed25519", "x": "not base64!"}), false),
            (json!({"kty": "EC", "crv": "P-256", "x": P256_X, "y": P256_X}), false),
            (json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"}), false),
            (json!({"kty": "oct", "k": "c2VjcmV0"}), false),
            (json!({"kty": "something new"}), false),
            (json!(5), false),
        ];
        for (key, usable) in cases {
            let alone = usable_keys(&set(std::slice::from_ref(&key)));
            assert_eq!(alone.is_ok(), usable, "{key}");
            assert!(usable_keys(&set(&[key, ed25519("other")])).is_ok(), "others must not suffer");
        }
    }
}
