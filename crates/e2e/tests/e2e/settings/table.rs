//! The wrong values, and what the refusal must show.

use super::SERVICES;

/// The variables that each service has.
const SHARED: [Row; 29] = [
    ("SERVICE_VERSION", "v9", "v1"),
    ("SERVICE_VERSION", "", "v1"),
    ("POD_NAME", "Pod A", "-v1-6c9f"),
    ("POD_NAME", "", "-v1-6c9f"),
    ("LISTEN_ADDR", "8080", "0.0.0.0:8080"),
    ("LISTEN_ADDR", "localhost:8080", "0.0.0.0:8080"),
    ("LISTEN_ADDR", "127.0.0.1:70000", "0.0.0.0:8080"),
    ("ADMIN_ADDR", ":9080", "0.0.0.0:9080"),
    ("HEADER_READ_TIMEOUT_MS", "0", "75000"),
    ("HEADER_READ_TIMEOUT_MS", "75s", "75000"),
    ("MAX_REQUESTS_IN_FLIGHT", "0", "1024"),
    ("DRAIN_DELAY_MS", "-1", "5000"),
    ("DRAIN_TIMEOUT_MS", "0", "20000"),
    ("UPSTREAM_TIMEOUT_MS", "1.5", "10000"),
    ("UPSTREAM_CONNECT_TIMEOUT_MS", "99999999999", "1000"),
    ("RUST_LOG", "loud", "info"),
    ("RUST_LOG", "info,mesh_ready=loud", "warn,mesh_ready=debug"),
    ("LOG_FORMAT", "xml", "json"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4317", "http://localhost:4317"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://localhost:4317", "http://localhost:4317"),
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://", "http://localhost:4317"),
    ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "10000"),
    ("OTEL_TRACES_SAMPLER", "sometimes", "parentbased_traceidratio"),
    ("OTEL_TRACES_SAMPLER_ARG", "1.5", "0.01"),
    ("OTEL_TRACES_SAMPLER_ARG", "NaN", "0.01"),
    ("OTEL_SDK_DISABLED", "perhaps", "true"),
    ("FAULT_LATENCY", "150:10", "150ms:10"),
    ("FAULT_STATUS", "200:5", "503:5"),
    ("FAULT_STATUS", "503:60,500:60", "503:5"),
];

/// The variables of the two that have a database.
const DATABASE: [Row; 9] = [
    ("DATABASE_URL", "", "sqlite://data/shop.db"),
    ("DATABASE_URL", "mysql://root@localhost/shop", "sqlite://data/shop.db"),
    ("DATABASE_URL", "sqlite::memory:", "sqlite://data/shop.db"),
    ("DATABASE_URL", "postgres://host:port/shop", "postgres://user:password@host:5432/name"),
    ("DATABASE_URL", "postgres://host/shop?sslmode=require", "postgres://user:password@host:5432/name"),
    ("DATABASE_MAX_CONNECTIONS", "0", "1 to 1000"),
    ("DATABASE_MAX_CONNECTIONS", "1001", "1 to 1000"),
    ("DATABASE_ACQUIRE_TIMEOUT_MS", "99", "100 to 60000"),
    ("DATABASE_ACQUIRE_TIMEOUT_MS", "soon", "100 to 60000"),
];

const ORDER_SERVICE: [Row; 3] = [
    ("USER_SERVICE_URL", "user-service:8081", "http://user-service:8081"),
    ("USER_SERVICE_URL", "https://user-service:8081", "http://user-service:8081"),
    ("USER_SERVICE_URL", "http://user-service:8081/users", "http://user-service:8081"),
];

const GATEWAY: [Row; 15] = [
    ("USER_SERVICE_URL", "", "http://user-service:8081"),
    ("USER_SERVICE_URL", "https://user-service:8081", "http://user-service:8081"),
    ("ORDER_SERVICE_URL", "order-service", "http://order-service:8082"),
    ("ORDER_SERVICE_URL", "http://order-service:8082/?a=b", "http://order-service:8082"),
    ("JWKS_FILE", "missing.json", "/etc/api-gateway/jwks.json"),
    ("JWKS_FILE", "", "/etc/api-gateway/jwks.json"),
    ("JWT_ISSUER", " ", "microservices"),
    ("JWT_AUDIENCE", "", "api-gateway"),
    ("RATE_LIMIT_PER_SECOND", "-1", "200"),
    ("RATE_LIMIT_PER_SECOND", "1000001", "200"),
    ("RATE_LIMIT_BURST", "0", "400"),
    ("TRUSTED_PROXIES", "-1", "for example 1"),
    ("TRUSTED_PROXIES", "17", "for example 1"),
    ("CANARY_VERSIONS", "v1;v2", "v1,v2"),
    ("CANARY_VERSIONS", "v1,,v2", "v1,v2"),
];

pub(super) const LAUNCHER: [Row; 11] = [
    ("GATEWAY_PORT", "70000", "65535"),
    ("GATEWAY_PORT", "", "8080"),
    ("USER_PORT", "-1", "65535"),
    ("ORDER_PORT", "http", "8082"),
    ("GATEWAY_ADMIN_PORT", "70000", "65535"),
    ("USER_ADMIN_PORT", "90 81", "9081"),
    ("ORDER_ADMIN_PORT", "9082x", "9082"),
    ("PROMETHEUS_PORT", "9090x", "9090"),
    ("ORDER_VERSION", "v9", "v2"),
    ("ORDER_VERSION", "", "v2"),
    ("LOG_FORMAT", "loud", "json"),
];

/// What the launcher takes on the command line only, because these words are too common for variables.
const LAUNCHER_FLAGS: [Row; 3] = [
    ("--data", "", "--data"),
    ("--postgres", "localhost:5432", "postgres://postgres@localhost:5432"),
    ("--postgres", "mysql://localhost", "postgres://postgres@localhost:5432"),
];

/// No text is wrong for these.
pub(super) const ANY_TEXT: [(&str, &str); 1] =
    [("OTEL_SERVICE_NAME", "a name is a name, and empty means that it is not set")];

/// The contents of a key file that cannot be meant.
pub(super) const KEY_FILES: [(&str, &str); 6] = [
    ("empty", ""),
    ("no JSON", "not json"),
    ("no set", "{}"),
    ("no key", r#"{"keys":[]}"#),
    ("a shared secret", r#"{"keys":[{"kty":"oct","kid":"a","alg":"HS256","k":"c2VjcmV0"}]}"#),
    ("half a key", r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","alg":"EdDSA"}]}"#),
];

/// A variable or flag, a wrong value, and a part of the message that shows a right one.
pub(super) type Row = (&'static str, &'static str, &'static str);

pub(super) fn rows() -> Vec<(&'static str, Row)> {
    let of = |program: &'static str, rows: &[Row]| rows.iter().map(|row| (program, *row)).collect::<Vec<_>>();
    let shared = SERVICES.iter().flat_map(|program| of(program, &SHARED));
    let own = [
        of("user-service", &DATABASE),
        of("order-service", &DATABASE),
        of("order-service", &ORDER_SERVICE),
        of("api-gateway", &GATEWAY),
        of("microservices", &LAUNCHER),
        of("microservices", &LAUNCHER_FLAGS),
    ];
    shared.chain(own.into_iter().flatten()).collect()
}
