//! Wrong settings end the process before it listens, and say which variable and what would be right.

use std::process::{Command, Output};

fn run(variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_api-gateway"));
    command.env_clear().env("LISTEN_ADDR", "127.0.0.1:0").env("ADMIN_ADDR", "127.0.0.1:0");
    command.envs(variables.iter().copied()).output().expect("the program runs")
}

#[test]
fn a_wrong_value_is_named_with_a_right_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("a written file");
        path.to_str().expect("a readable path").to_owned()
    };
    let good = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let keys = file("good.json", good);
    let text = file("text.json", "not JSON");
    let none = file("none.json", r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#);
    let absent = folder.path().join("absent.json");
    let absent = absent.to_str().expect("a readable path");
    let cases = [
        ("JWKS_FILE", "", "for example /etc/api-gateway/jwks.json"),
        ("JWKS_FILE", absent, "for example /etc/api-gateway/jwks.json"),
        ("JWKS_FILE", &text, "expected {\"keys\":"),
        ("JWKS_FILE", &none, "Ed25519"),
        ("USER_SERVICE_URL", "user-service:8081", "http://peer:8081"),
        ("USER_SERVICE_URL", "https://user-service:8081", "mutual TLS"),
        ("ORDER_SERVICE_URL", "http://order-service:8082/orders", "http://peer:8081"),
        ("ORDER_SERVICE_URL", "", "http://peer:8081"),
        ("JWT_ISSUER", "", "for example microservices"),
        ("JWT_AUDIENCE", " ", "for example"),
        ("RATE_LIMIT_PER_SECOND", "-1", "for example 200"),
        ("RATE_LIMIT_PER_SECOND", "lots", "for example 200"),
        ("RATE_LIMIT_BURST", "0", "for example 400"),
        ("TRUSTED_PROXIES", "all", "for example 1"),
        ("CANARY_VERSIONS", "v1;v2", "for example v1,v2"),
    ];
    for (variable, value, right) in cases {
        let output = run(&[("JWKS_FILE", &keys), (variable, value)]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{variable}={value}: {message}");
        assert!(message.contains(variable), "{variable}={value}: {message}");
        assert!(message.contains(right), "{variable}={value}: {message}");
    }
}

#[test]
fn the_key_file_is_required() {
    let output = run(&[]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("JWKS_FILE"), "{message}");
}
