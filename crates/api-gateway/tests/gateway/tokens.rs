//! Which tokens let a caller write.

use axum::body::Body;
use http::{HeaderValue, Request};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use serde_json::{Value, json};

use crate::gateway::{Answer, Gateway};
use crate::issuer::{Issuer, claims, claims_with};
use crate::service::{Service, json, nowhere};

async fn gateway() -> Gateway {
    let users = Service::answering(json(200, "{}")).await;
    Gateway::new(&users.url, &nowhere().await)
}

async fn write(gateway: &Gateway, authorization: &[HeaderValue]) -> Answer {
    let request = authorization
        .iter()
        .fold(Request::delete("/api/users/1"), |request, value| request.header("authorization", value));
    gateway.call(request.body(Body::empty()).expect("a request")).await
}

async fn write_as(gateway: &Gateway, authorization: &str) -> Answer {
    write(gateway, &[HeaderValue::try_from(authorization).expect("a header")]).await
}

#[tokio::test]
async fn good_tokens_write() {
    let gateway = gateway().await;
    let issuer = &gateway.issuer;
    let now = get_current_timestamp();
    let sign = |claims: Value| issuer.sign(&issuer.header(), &claims);
    let good = [
        ("as made", issuer.token("ada")),
        ("no kid, for there is one key", issuer.sign(&Header::new(Algorithm::EdDSA), &claims("ada"))),
        ("one of several audiences", sign(claims_with("aud", json!(["other", "api-gateway"])))),
        ("expired within the leeway", sign(claims_with("exp", json!(now - 1)))),
        ("valid since now", sign(claims_with("nbf", json!(now + 3)))),
        ("a fraction of a second", sign(claims_with("exp", json!(now as f64 + 60.5)))),
        ("more claims", sign(claims_with("scope", json!("orders:write")))),
    ];
    for (name, token) in good {
        for scheme in ["Bearer", "bearer", "BEARER", "Bearer "] {
            let answer = write_as(&gateway, &format!("{scheme} {token}")).await;
            assert_eq!(answer.status, 200, "{name} as {scheme}: {:?}", answer.body);
        }
    }
}

#[tokio::test]
async fn bad_tokens_are_refused_with_the_reason() {
    let gateway = gateway().await;
    let issuer = &gateway.issuer;
    let stranger = Issuer::new("a", 2);
    let now = get_current_timestamp();
    let good = issuer.token("ada");
    let (head, signature) = good.rsplit_once('.').expect("three parts");
    let (header, payload) = head.split_once('.').expect("three parts");
    let other_payload = issuer.token("eve").split('.').nth(1).expect("three parts").to_owned();
    let public = EncodingKey::from_secret(&issuer.public_bytes());
    let hs256 = Header { kid: Some("a".into()), ..Header::new(Algorithm::HS256) };
    let with = |claim: &str, value: Value| issuer.sign(&issuer.header(), &claims_with(claim, value));
    let headed = |change: fn(&mut Header)| {
        let mut header = issuer.header();
        change(&mut header);
        issuer.sign(&header, &claims("ada"))
    };
    let cases = [
        ("expired", with("exp", json!(now - 60)), "has expired"),
        ("not yet valid", with("nbf", json!(now + 60)), "not valid yet"),
        ("no exp", with("exp", Value::Null), "claim exp"),
        ("an exp that is text", with("exp", json!("tomorrow")), "malformed"),
        ("no aud", with("aud", Value::Null), "claim aud"),
        ("no iss", with("iss", Value::Null), "claim iss"),
        ("no sub", with("sub", Value::Null), "claim sub"),
        ("another aud", with("aud", json!("billing")), "expected api-gateway"),
        ("other auds", with("aud", json!(["billing", "mail"])), "expected api-gateway"),
        ("another iss", with("iss", json!("https://evil.example")), "expected microservices"),
        ("a key nobody knows", headed(|header| header.kid = Some("b".into())), "kid names no key"),
        ("a critical extension", headed(|header| header.crit = Some(vec!["b64".into()])), "malformed"),
        ("another's signature", stranger.token("ada"), "signature"),
        ("another payload", format!("{header}.{other_payload}.{signature}"), "signature"),
        ("no signature", format!("{head}."), "signature"),
        ("a cut signature", good[..good.len() - 2].to_owned(), "signature"),
        ("alg none", format!("eyJhbGciOiJub25lIn0.{payload}."), "malformed"),
        ("alg none in capitals", format!("eyJhbGciOiJOT05FIn0.{payload}."), "malformed"),
        ("the public key as a secret", encode(&hs256, &claims("ada"), &public).expect("a token"), "expected EdDSA"),
        ("two parts", head.to_owned(), "malformed"),
        ("four parts", format!("{good}.x"), "malformed"),
        ("no base64", "a.b.c".to_owned(), "malformed"),
        ("dots", "..".to_owned(), "malformed"),
        ("huge", format!("{header}.{}.{signature}", "A".repeat(60_000)), "longer than 4096"),
        ("padding", format!("{good}="), "malformed"),
    ];
    for (name, token, reason) in cases {
        let answer = write_as(&gateway, &format!("Bearer {token}")).await;
        assert_eq!(answer.status, 401, "{name}");
        let message = answer.problem();
        assert!(message.contains(reason), "{name}: {message}");
        let challenge = answer.header("www-authenticate").expect("a challenge");
        assert_eq!(challenge, format!("Bearer error=\"invalid_token\", error_description=\"{message}\""), "{name}");
        assert!(!message.contains(payload), "{name}: {message}");
    }
}

#[tokio::test]
async fn what_is_no_bearer_token_is_refused() {
    let gateway = gateway().await;
    let good = HeaderValue::try_from(format!("Bearer {}", gateway.issuer.token("ada"))).expect("a header");
    let not_ascii = HeaderValue::from_bytes("Bearer t\u{f6}ken".as_bytes()).expect("a header");
    let fixed = HeaderValue::from_static;
    let cases: Vec<Vec<HeaderValue>> = vec![
        vec![not_ascii],
        vec![good.clone(), good],
        vec![fixed("Basic YWRhOnBhc3M=")],
        vec![fixed("Bearer")],
        vec![fixed("Bearer ")],
        vec![fixed("Bearer a b")],
        vec![fixed("")],
    ];
    for authorization in cases {
        let answer = write(&gateway, &authorization).await;
        assert_eq!(answer.status, 401, "{authorization:?}");
        assert!(answer.problem().contains("Bearer <JWT>"), "{authorization:?}");
    }
    let without = write(&gateway, &[]).await;
    assert_eq!(without.status, 401);
    assert_eq!(without.header("www-authenticate"), Some("Bearer realm=\"api-gateway\""));
    assert!(without.problem().contains("Authorization: Bearer <JWT>"));
}

#[tokio::test]
async fn reads_are_open_and_every_write_is_not() {
    let gateway = gateway().await;
    for (method, path, status) in [
        ("GET", "/api/users", 200),
        ("HEAD", "/api/users", 200),
        ("OPTIONS", "/api/users", 204),
        ("POST", "/api/users", 401),
        ("PUT", "/api/users/1", 401),
        ("PATCH", "/api/users/1", 401),
        ("DELETE", "/api/users/1", 401),
        ("POST", "/api/orders", 401),
        ("POST", "/api/orders/1/pay", 401),
        ("PURGE", "/api/users", 401),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty());
        assert_eq!(gateway.call(request.expect("a request")).await.status, status, "{method} {path}");
    }
    let request = Request::get("/api/users").header("authorization", "Bearer nonsense").body(Body::empty());
    assert_eq!(gateway.call(request.expect("a request")).await.status, 200);
}

#[tokio::test]
async fn a_key_that_is_added_to_the_file_is_used_and_one_taken_out_is_not() {
    let gateway = gateway().await;
    let (old, new) = (gateway.issuer.token("ada"), Issuer::new("b", 2));
    assert_eq!(write_as(&gateway, &format!("Bearer {old}")).await.status, 200);
    let file = gateway.folder.path().join("jwks.json");
    std::fs::write(file, json!({ "keys": [new.jwk()] }).to_string()).expect("a written file");
    assert_eq!(write_as(&gateway, &format!("Bearer {}", new.token("bob"))).await.status, 200);
    assert_eq!(write_as(&gateway, &format!("Bearer {old}")).await.status, 401, "a remembered token ends with its key");
}
