//! Bearer tokens for writes through a gateway, and the key set that makes it accept them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

/// The example key of RFC 8037, appendix A, in the form of RFC 8410: everybody knows it, so nobody will trust it.
#[rustfmt::skip]
const KEY: [u8; 48] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
    0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
];

/// Its public half.
const PUBLIC_KEY: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

const KEY_ID: &str = "e2e";

/// What `JWKS_FILE` names in each folder of a service.
pub fn jwks() -> Value {
    json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": KEY_ID, "x": PUBLIC_KEY}]})
}

/// The value of an `Authorization` header that a gateway with the default settings accepts for an hour.
pub fn bearer(subject: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970");
    let expires = (now + Duration::from_secs(3600)).as_secs();
    let claims = json!({"iss": "microservices", "aud": "api-gateway", "sub": subject, "exp": expires});
    format!("Bearer {}", sign(&claims))
}

/// A token with any claims, signed with the key of [`jwks`].
pub fn sign(claims: &Value) -> String {
    let header = Header { kid: Some(KEY_ID.to_owned()), ..Header::new(Algorithm::EdDSA) };
    encode(&header, claims, &EncodingKey::from_ed_der(&KEY)).expect("the key is whole")
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation, decode, jwk::JwkSet};

    use super::*;

    #[test]
    fn the_key_set_accepts_what_the_key_signed() {
        let set: JwkSet = serde_json::from_value(jwks()).expect("a key set");
        let key = DecodingKey::from_jwk(set.find(KEY_ID).expect("the key")).expect("a public key");
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&["api-gateway"]);
        let token = bearer("alice");
        let token = token.strip_prefix("Bearer ").expect("the scheme");
        let decoded = decode::<Value>(token, &key, &validation).expect("it is valid");
        assert_eq!(decoded.claims["sub"], "alice");
    }
}
