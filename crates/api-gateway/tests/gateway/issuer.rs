//! Makes tokens, good and bad ones.

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, encode, get_current_timestamp};
use serde_json::{Value, json};

/// Who signs tokens with one Ed25519 key.
pub struct Issuer {
    kid: &'static str,
    key: EncodingKey,
}

/// The fixed head of an Ed25519 private key in PKCS#8 (RFC 8410 section 7); the 32 bytes of the key follow.
const PKCS8_HEAD: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

impl Issuer {
    /// The same seed gives the same key.
    pub fn new(kid: &'static str, seed: u8) -> Self {
        let der = [&PKCS8_HEAD[..], &[seed; 32]].concat();
        Self { kid, key: EncodingKey::from_ed_der(&der) }
    }

    /// The public key for the gateway's file.
    pub fn jwk(&self) -> Jwk {
        let mut jwk = Jwk::from_encoding_key(&self.key, Algorithm::EdDSA).expect("a public key");
        jwk.common.key_id = Some(self.kid.to_owned());
        jwk
    }

    /// The public key's 32 bytes, which everybody may know.
    pub fn public_bytes(&self) -> Vec<u8> {
        let key = DecodingKey::from_jwk(&self.jwk()).expect("a public key");
        key.try_get_as_bytes().expect("bytes").to_vec()
    }

    /// A token that the gateway accepts.
    pub fn token(&self, subject: &str) -> String {
        self.sign(&self.header(), &claims(subject))
    }

    pub fn header(&self) -> Header {
        Header { kid: Some(self.kid.to_owned()), ..Header::new(Algorithm::EdDSA) }
    }

    pub fn sign(&self, header: &Header, claims: &Value) -> String {
        encode(header, claims, &self.key).expect("a token")
    }
}

/// The claims of a good token.
pub fn claims(subject: &str) -> Value {
    json!({ "iss": "microservices", "aud": "api-gateway", "sub": subject, "exp": get_current_timestamp() + 600 })
}

/// The same with one claim changed, or taken out when the value is null.
pub fn claims_with(claim: &str, value: Value) -> Value {
    let mut claims = claims("ada");
    let object = claims.as_object_mut().expect("an object");
    match value {
        Value::Null => object.remove(claim),
        value => object.insert(claim.to_owned(), value),
    };
    claims
}
