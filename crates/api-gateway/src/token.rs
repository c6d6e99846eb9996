//! Is this bearer token good, and whose is it?
//!
//! A signature costs 50 us and more, several times the rest of a request. Tokens that were good are therefore
//! remembered until they expire or their key leaves the key ring; bad ones are not, so that nobody can fill the
//! memory with them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use http::HeaderMap;
use http::header::AUTHORIZATION;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Validation, decode, decode_header, get_current_timestamp};
use serde::Deserialize;

use crate::jwks::Key;
use crate::key_ring::{KeyRing, Missing};

/// Clocks of issuers and of this machine differ a little.
const LEEWAY_SECONDS: u64 = 5;
/// Real tokens have a few hundred bytes.
const MAX_TOKEN_BYTES: usize = 4096;
/// With the size limit this bounds the memory of good tokens to 16 MiB.
const MAX_REMEMBERED: usize = 4096;

/// Checks tokens against the key ring, one issuer and one audience.
#[derive(Debug)]
pub struct Verifier {
    keys: Arc<KeyRing>,
    issuer: String,
    audience: String,
    good: Mutex<HashMap<Box<str>, Good>>,
}

/// Why a token was refused; the text says what would be right and never holds a part of the token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// There is no `Authorization` header.
    #[error("writing needs a token: send the header Authorization: Bearer <JWT>")]
    Missing,
    /// There is one, but not one bearer token in it.
    #[error("the Authorization header is not of the form Bearer <JWT>")]
    NotBearer,
    /// The token is longer than any real one.
    #[error("the token is longer than {MAX_TOKEN_BYTES} bytes")]
    TooLong,
    /// Header or claims cannot be read, or the header names an algorithm or extension that is unknown.
    #[error("the token is malformed: expected a JWT signed with EdDSA, ES256 or RS256")]
    Malformed,
    /// The key ring has no key of this id.
    #[error("the token's kid names no key of this gateway")]
    UnknownKey,
    /// There are several keys and the token names none.
    #[error("the token's header has no kid to say which key signed it")]
    NoKeyId,
    /// The header's algorithm is not the key's.
    #[error("the token's alg is not the algorithm of its key: expected {0}")]
    Algorithm(&'static str),
    /// The signature does not fit the token and the key.
    #[error("the token's signature does not match")]
    Signature,
    /// `exp` is past.
    #[error("the token has expired: ask its issuer for a new one")]
    Expired,
    /// `nbf` is to come.
    #[error("the token is not valid yet: its nbf is in the future")]
    NotYetValid,
    /// `iss` is another one.
    #[error("the token's iss is wrong: expected {0}")]
    Issuer(String),
    /// `aud` is another one.
    #[error("the token's aud is wrong: expected {0}")]
    Audience(String),
    /// A claim is missing or of the wrong type.
    #[error("the token's claim {0} is missing or malformed: exp, iss, aud and sub are required")]
    Claim(String),
}

#[derive(Debug)]
struct Good {
    subject: Arc<str>,
    expires: u64,
    key: Weak<Key>,
}

// NumericDate may have a fraction (RFC 7519 section 2).
#[derive(Deserialize)]
struct Claims {
    sub: Option<String>,
    exp: Option<f64>,
}

/// The token of a request.
///
/// # Errors
/// There is none, or the header is not one `Bearer <JWT>`. The scheme's name may have any case.
pub fn bearer(headers: &HeaderMap) -> Result<&str, TokenError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(TokenError::Missing)?;
    if values.next().is_some() {
        return Err(TokenError::NotBearer);
    }
    let text = value.to_str().map_err(|_| TokenError::NotBearer)?;
    let (scheme, token) = text.split_once(' ').ok_or(TokenError::NotBearer)?;
    let token = token.trim_matches(' ');
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() || token.contains(' ') {
        return Err(TokenError::NotBearer);
    }
    Ok(token)
}

impl Verifier {
    /// Accepts tokens that `issuer` made for `audience`, signed by one of `keys`.
    pub fn new(keys: Arc<KeyRing>, issuer: String, audience: String) -> Self {
        Self { keys, issuer, audience, good: Mutex::default() }
    }

    /// The subject of a token that was verified before and is still good. Costs a look-up.
    pub fn remembered(&self, token: &str) -> Option<Arc<str>> {
        let good = self.good.lock().unwrap_or_else(PoisonError::into_inner);
        let known = good.get(token)?;
        known.is_valid_at(get_current_timestamp()).then(|| known.subject.clone())
    }

    /// Verifies the signature and the claims, remembers the token and gives its subject.
    ///
    /// # Errors
    /// The token is not good.
    pub fn verify(&self, token: &str) -> Result<Arc<str>, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLong);
        }
        let key = self.key_of(token)?;
        let claims = decode::<Claims>(token, &key.decoding, &self.validation(&key))
            .map_err(|error| self.explain(error.kind(), &key))?
            .claims;
        let subject: Arc<str> =
            claims.sub.filter(|sub| !sub.is_empty()).ok_or_else(|| TokenError::Claim("sub".into()))?.into();
        let expires = claims.exp.ok_or_else(|| TokenError::Claim("exp".into()))? as u64;
        self.remember(token, Good { subject: subject.clone(), expires, key: Arc::downgrade(&key) });
        Ok(subject)
    }

    fn key_of(&self, token: &str) -> Result<Arc<Key>, TokenError> {
        let header = decode_header(token).map_err(|_| TokenError::Malformed)?;
        // RFC 7515 section 4.1.11: what is marked critical must be understood, and none of it is.
        if header.crit.is_some() {
            return Err(TokenError::Malformed);
        }
        let key = self.keys.find(header.kid.as_deref()).map_err(|missing| match missing {
            Missing::Unknown => TokenError::UnknownKey,
            Missing::Ambiguous => TokenError::NoKeyId,
        })?;
        if header.alg != key.algorithm {
            return Err(TokenError::Algorithm(algorithm_name(&key)));
        }
        Ok(key)
    }

    fn validation(&self, key: &Key) -> Validation {
        let mut validation = Validation::new(key.algorithm);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation
    }

    fn explain(&self, kind: &ErrorKind, key: &Key) -> TokenError {
        match kind {
            ErrorKind::InvalidSignature => TokenError::Signature,
            ErrorKind::ExpiredSignature => TokenError::Expired,
            ErrorKind::ImmatureSignature => TokenError::NotYetValid,
            ErrorKind::InvalidIssuer => TokenError::Issuer(self.issuer.clone()),
            ErrorKind::InvalidAudience => TokenError::Audience(self.audience.clone()),
            ErrorKind::InvalidAlgorithm => TokenError::Algorithm(algorithm_name(key)),
            ErrorKind::MissingRequiredClaim(claim) | ErrorKind::InvalidClaimFormat(claim) => {
                TokenError::Claim(claim.clone())
            }
            _ => TokenError::Malformed,
        }
    }

    fn remember(&self, token: &str, entry: Good) {
        let mut good = self.good.lock().unwrap_or_else(PoisonError::into_inner);
        if good.len() >= MAX_REMEMBERED {
            let now = get_current_timestamp();
            good.retain(|_, known| known.is_valid_at(now));
        }
        // All of them in use: starting anew costs each caller one signature, and keeps no order of use.
        if good.len() >= MAX_REMEMBERED {
            good.clear();
        }
        good.insert(token.into(), entry);
    }
}

impl Good {
    fn is_valid_at(&self, now: u64) -> bool {
        self.expires >= now.saturating_sub(LEEWAY_SECONDS) && self.key.strong_count() > 0
    }
}

fn algorithm_name(key: &Key) -> &'static str {
    match key.algorithm {
        jsonwebtoken::Algorithm::EdDSA => "EdDSA",
        jsonwebtoken::Algorithm::ES256 => "ES256",
        _ => "RS256",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    // RFC 7515 appendix A.2 and A.3: tokens that expired in 2011, signed with published keys.
    const PAYLOAD: &str = "\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const RS256_HEADER: &str = "eyJhbGciOiJSUzI1NiJ9";
    const RS256_SIGNATURE: &str = "\
        cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9\
        uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB\
        _eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rq\
        Vt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    const RSA_MODULUS: &str = "\
        ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR\
        T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXB\
        dQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9ia\
        GNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    const ES256_HEADER: &str = "eyJhbGciOiJFUzI1NiJ9";
    const ES256_SIGNATURE: &str =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    fn verifier(key: serde_json::Value) -> Verifier {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), json!({ "keys": [key] }).to_string()).expect("a written file");
        let keys = KeyRing::open(file.path()).expect("a key ring");
        Verifier::new(keys, "joe".into(), "api-gateway".into())
    }

    // The claims lack aud and sub, which the library looks at after the signature: a refusal for a claim proves
    // that the signature was good.
    #[test]
    fn rsa_and_p256_signatures_are_verified() {
        let rsa = verifier(json!({ "kty": "RSA", "n": RSA_MODULUS, "e": "AQAB" }));
        let p256 = verifier(json!({
            "kty": "EC", "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        }));
        for (verifier, header, signature) in
            [(&rsa, RS256_HEADER, RS256_SIGNATURE), (&p256, ES256_HEADER, ES256_SIGNATURE)]
        {
            let good = verifier.verify(&format!("{header}.{PAYLOAD}.{signature}"));
            assert!(matches!(good, Err(TokenError::Claim(_))), "{good:?}");
            let bad = verifier.verify(&format!(
                "{header}.{PAYLOAD}.{}{}{}",
                &signature[4..8],
                &signature[..4],
                &signature[8..]
            ));
            assert_eq!(bad, Err(TokenError::Signature));
        }
        let other = rsa.verify(&format!("{ES256_HEADER}.{PAYLOAD}.{ES256_SIGNATURE}"));
        assert_eq!(other, Err(TokenError::Algorithm("RS256")));
    }

    #[test]
    fn remembered_tokens_are_bounded_and_end_with_their_time_and_key() {
        let verifier = verifier(json!({ "kty": "RSA", "n": RSA_MODULUS, "e": "AQAB" }));
        let key = verifier.keys.find(None).expect("the only key");
        let now = get_current_timestamp();
        let good = |expires| Good { subject: "ada".into(), expires, key: Arc::downgrade(&key) };
        verifier.remember("old", good(now - LEEWAY_SECONDS - 1));
        assert_eq!(verifier.remembered("old"), None);
        for number in 0..3 * MAX_REMEMBERED {
            verifier.remember(&number.to_string(), good(now + 60));
            assert!(verifier.good.lock().expect("no panic").len() <= MAX_REMEMBERED);
        }
        assert_eq!(verifier.remembered(&(3 * MAX_REMEMBERED - 1).to_string()).as_deref(), Some("ada"));
        verifier.remember("orphan", Good { key: Weak::new(), ..good(now + 60) });
        assert_eq!(verifier.remembered("orphan"), None);
    }
}
