//! Which settings does the gateway take, and what is a right value?

use std::num::NonZeroU32;
use std::sync::Arc;

use mesh_ready::values::service_url;
use url::Url;

use crate::canary::CanaryVersions;
use crate::jwks::JwksError;
use crate::key_ring::KeyRing;

/// The shop's edge: one address for users and orders, tokens for writes, a rate limit a caller.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Args {
    /// What every process behind a sidecar takes.
    #[command(flatten)]
    pub mesh: mesh_ready::Args,
    /// Where the services are.
    #[command(flatten)]
    pub upstreams: UpstreamArgs,
    /// Whose tokens are good.
    #[command(flatten)]
    pub tokens: TokenArgs,
    /// How much a caller may ask for.
    #[command(flatten)]
    pub rate_limit: RateLimitArgs,
    /// Who may choose a release.
    #[command(flatten)]
    pub canary: CanaryArgs,
}

/// Where the services are. Plain http only: the sidecar encrypts.
#[derive(Clone, Debug, clap::Args)]
pub struct UpstreamArgs {
    /// Base URL of user-service, for example http://user-service:8081
    #[arg(long, env, value_name = "USER_SERVICE_URL", default_value = "http://127.0.0.1:8081", value_parser = service_url)]
    pub user_service_url: Url,
    /// Base URL of order-service, for example http://order-service:8082
    #[arg(long, env, value_name = "ORDER_SERVICE_URL", default_value = "http://127.0.0.1:8082", value_parser = service_url)]
    pub order_service_url: Url,
}

/// Whose tokens are good.
#[derive(Clone, Debug, clap::Args)]
pub struct TokenArgs {
    /// Path of the JSON Web Key set with the public keys that sign tokens, for example /etc/api-gateway/jwks.json;
    /// it is read again when it changes
    #[arg(long, env, value_name = "JWKS_FILE", value_parser = key_ring)]
    pub jwks_file: Arc<KeyRing>,
    /// The `iss` that tokens must have, for example microservices
    #[arg(long, env, value_name = "JWT_ISSUER", default_value = "microservices", value_parser = claim)]
    pub jwt_issuer: String,
    /// The `aud` that tokens must have or contain, for example api-gateway
    #[arg(long, env, value_name = "JWT_AUDIENCE", default_value = "api-gateway", value_parser = claim)]
    pub jwt_audience: String,
}

/// How much a caller may ask for, of one replica.
#[derive(Clone, Debug, clap::Args)]
pub struct RateLimitArgs {
    /// Requests a second that a caller may make in the long run, for example 200; 0 sets no limit
    #[arg(long, env, value_name = "RATE_LIMIT_PER_SECOND", default_value = "200", value_parser = rate)]
    pub rate_limit_per_second: u32,
    /// Requests that a caller may make at once after a pause, for example 400
    #[arg(long, env, value_name = "RATE_LIMIT_BURST", default_value = "400", value_parser = burst)]
    pub rate_limit_burst: NonZeroU32,
    /// How many proxies of ours append to x-forwarded-for before a request comes here, for example 1 behind one
    /// ingress; 0 takes the other end of the connection for the caller
    #[arg(long, env, value_name = "TRUSTED_PROXIES", default_value = "0", value_parser = proxies)]
    pub trusted_proxies: usize,
}

/// Who may choose a release.
#[derive(Clone, Debug, clap::Args)]
pub struct CanaryArgs {
    /// Values of x-canary that callers may send, for example v1,v2; none drops them all
    #[arg(long, env, value_name = "CANARY_VERSIONS", default_value = "v1,v2")]
    pub canary_versions: CanaryVersions,
}

/// More would be no limit, and the arithmetic of the buckets is in nanoseconds.
const MAX_RATE: u32 = 1_000_000;
const MAX_PROXIES: usize = 16;

fn key_ring(path: &str) -> Result<Arc<KeyRing>, JwksError> {
    KeyRing::open(path)
}

fn claim(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("expected what the issuer writes into the token, for example microservices".to_owned());
    }
    Ok(text.to_owned())
}

fn rate(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| *number <= MAX_RATE);
    number.ok_or_else(|| format!("expected a whole number from 0 (no limit) to {MAX_RATE}, for example 200"))
}

fn burst(text: &str) -> Result<NonZeroU32, String> {
    let number = text.parse().ok().filter(|number: &NonZeroU32| number.get() <= MAX_RATE);
    number.ok_or_else(|| format!("expected a whole number from 1 to {MAX_RATE}, for example 400"))
}

fn proxies(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number <= MAX_PROXIES);
    number.ok_or_else(|| format!("expected a whole number from 0 to {MAX_PROXIES}, for example 1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_outside_their_range_are_refused_with_a_right_one() {
        assert_eq!(rate("0"), Ok(0));
        assert_eq!(proxies("2"), Ok(2));
        assert_eq!(burst("7"), Ok(NonZeroU32::new(7).expect("not zero")));
        for text in ["", "-1", "1.5", "many", "1000001", "99999999999"] {
            assert!(rate(text).expect_err(text).contains("for example 200"));
            assert!(burst(text).expect_err(text).contains("for example 400"));
            assert!(proxies(text).expect_err(text).contains("for example 1"));
        }
        assert!(burst("0").is_err());
        assert!(claim(" ").is_err());
    }
}
