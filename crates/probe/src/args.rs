//! A plan as command line arguments, for every command that sends load, and back again, for whoever starts such a command
//! in a pod.

use std::time::Duration;

use clap::{Args, ValueEnum, value_parser};
use http::{HeaderName, HeaderValue, Method};

use crate::{
    plan::{Http, Plan, Rate},
    target::Target,
};

/// What one request is made of.
#[derive(Args, Clone, Debug)]
pub struct RequestArgs {
    /// Where to: `http://HOST[:PORT][/PATH]`. In path, headers and body, `{n}` is the number of the request.
    pub url: Target,
    /// The method.
    #[arg(long, default_value = "GET")]
    pub method: Method,
    /// A header, `NAME: VALUE`; may be repeated. `host` replaces the URL's.
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = parse_header)]
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body, sent as application/json unless a header says otherwise.
    #[arg(long, visible_alias = "data", default_value = "", hide_default_value = true)]
    pub body: String,
    /// How long a request may take: 500ms, 10s, 2m.
    #[arg(long, default_value = "10s", value_parser = parse_duration)]
    pub timeout: Duration,
    /// The protocol.
    #[arg(long, value_enum, default_value_t)]
    pub http: Http,
}

/// A whole plan.
#[derive(Args, Clone, Debug)]
pub struct PlanArgs {
    /// What to send.
    #[command(flatten)]
    pub request: RequestArgs,
    /// Open loop: requests that start each second, whatever becomes of the earlier ones.
    #[arg(long, value_name = "PER SECOND", value_parser = parse_rate, conflicts_with = "workers")]
    pub rate: Option<f64>,
    /// Closed loop: workers that send their next request when they are done with the last one.
    #[arg(long, default_value = "1", value_parser = at_least_one)]
    pub workers: usize,
    /// End after this many requests.
    #[arg(long, value_parser = value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Start no request after this time. Without count and duration the load goes on until it is interrupted.
    #[arg(long, value_parser = parse_duration)]
    pub duration: Option<Duration>,
    /// Connections at most [default: 64 over h1, 2 over h2c].
    #[arg(long, value_parser = at_least_one)]
    pub connections: Option<usize>,
    /// A new connection for each request.
    #[arg(long)]
    pub fresh_connections: bool,
    /// The statuses that are right, as 200,201 [default: all 2xx].
    #[arg(long, value_delimiter = ',', value_parser = value_parser!(u16).range(100..1000))]
    pub expect: Vec<u16>,
}

impl From<RequestArgs> for Plan {
    fn from(args: RequestArgs) -> Self {
        let RequestArgs { url, method, headers, body, timeout, http } = args;
        Self { method, headers, body, timeout, http, connections: http.connections(), ..Self::new(url) }
    }
}

impl From<PlanArgs> for Plan {
    fn from(args: PlanArgs) -> Self {
        let PlanArgs { request, rate, workers, count, duration, connections, fresh_connections, expect } = args;
        let plan = Self::from(request);
        Self {
            rate: rate.map_or(Rate::Closed { workers }, Rate::PerSecond),
            count,
            duration,
            connections: connections.unwrap_or(plan.connections),
            fresh_connections,
            expect,
            ..plan
        }
    }
}

impl Plan {
    /// The arguments that `probe load` needs to run this plan, `load` not included.
    #[must_use]
    pub fn to_args(&self) -> Vec<String> {
        let mut args = vec![self.url.to_string(), format!("--method={}", self.method), format!("--body={}", self.body)];
        for (name, value) in &self.headers {
            args.push(format!("--header={name}: {}", String::from_utf8_lossy(value.as_bytes())));
        }
        args.push(match self.rate {
            Rate::PerSecond(rate) => format!("--rate={rate}"),
            Rate::Closed { workers } => format!("--workers={workers}"),
        });
        args.extend(self.count.map(|count| format!("--count={count}")));
        args.extend(self.duration.map(|duration| format!("--duration={}", milliseconds(duration))));
        args.push(format!("--connections={}", self.connections));
        args.push(format!("--timeout={}", milliseconds(self.timeout)));
        args.extend(self.fresh_connections.then(|| "--fresh-connections".to_owned()));
        args.extend(self.http.to_possible_value().map(|http| format!("--http={}", http.get_name())));
        args.extend(self.expect.iter().map(|status| format!("--expect={status}")));
        args
    }
}

/// Reads `500ms`, `10s`, `1.5s` or `2m`.
///
/// # Errors
/// When there is no unit, no number, or no time in it.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no time such as 500ms, 10s or 2m");
    let unit = text.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(unit);
    let factor = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        _ => return Err(wrong()),
    };
    let seconds = number.parse::<f64>().map_err(|_| wrong())? * factor;
    Duration::try_from_secs_f64(seconds).ok().filter(|duration| !duration.is_zero()).ok_or_else(wrong)
}

fn parse_header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("a header is NAME: VALUE")?;
    let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
    let value = HeaderValue::from_str(value.trim()).map_err(|error| error.to_string())?;
    Ok((name, value))
}

/// Reads requests a second, from one in a quarter of an hour to a million.
///
/// # Errors
/// When it is no number, or none that a load can have.
pub fn parse_rate(text: &str) -> Result<f64, String> {
    let rate = text.parse::<f64>().ok().filter(|rate| (0.001..=1_000_000.0).contains(rate));
    rate.ok_or_else(|| format!("{text:?} is no number from 0.001 to 1000000"))
}

fn at_least_one(text: &str) -> Result<usize, String> {
    // Each connection may hold a hundred streams and each worker is a task: more than this is a slip of the finger.
    let number = text.parse::<usize>().ok().filter(|number| (1..=100_000).contains(number));
    number.ok_or_else(|| format!("{text:?} is no number from 1 to 100000"))
}

fn milliseconds(duration: Duration) -> String {
    format!("{}ms", duration.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        plan: PlanArgs,
    }

    fn parse(args: &[&str]) -> Result<Plan, String> {
        let args = ["probe"].iter().chain(args);
        Cli::try_parse_from(args).map(|cli| cli.plan.into()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_plan_survives_its_arguments() {
        let mut plan = Plan::new("http://orders:8082/orders/{n}?limit=5".parse().expect("a URL"));
        let again = |plan: &Plan| {
            let args = plan.to_args();
            parse(&args.iter().map(String::as_str).collect::<Vec<_>>()).expect("its own arguments are right")
        };
        assert_eq!(again(&plan), plan);
        plan = Plan {
            method: Method::POST,
            headers: vec![
                (HeaderName::from_static("idempotency-key"), HeaderValue::from_static("a: {n}")),
                (HeaderName::from_static("x-canary"), HeaderValue::from_static("v2")),
            ],
            body: r#"{"sku":"-{n}"}"#.to_owned(),
            rate: Rate::PerSecond(12.5),
            count: Some(7),
            duration: Some(Duration::from_millis(1500)),
            connections: 3,
            timeout: Duration::from_micros(250_500),
            fresh_connections: true,
            http: Http::H2c,
            expect: vec![200, 503],
            ..plan
        };
        assert_eq!(again(&plan), plan);
    }

    #[test]
    fn h2c_shares_few_connections_unless_told_otherwise() {
        assert_eq!(parse(&["http://shop"]).expect("right").connections, 64);
        assert_eq!(parse(&["http://shop", "--http", "h2c"]).expect("right").connections, 2);
        assert_eq!(parse(&["http://shop", "--http", "h2c", "--connections", "9"]).expect("right").connections, 9);
    }

    #[test]
    fn wrong_arguments_are_refused() {
        for (args, reason) in [
            (["--rate", "0"], "no number from"),
            (["--rate", "NaN"], "no number from"),
            (["--workers", "0"], "no number from"),
            (["--count", "0"], "not in 1.."),
            (["--duration", "10"], "no time such as"),
            (["--timeout", "0s"], "no time such as"),
            (["--timeout", "1h"], "no time such as"),
            (["--header", "x-canary"], "NAME: VALUE"),
            (["--expect", "2xx"], "invalid digit"),
        ] {
            let error = parse(&["http://shop", args[0], args[1]]).expect_err(args[1]);
            assert!(error.contains(reason), "{args:?}: {error}");
        }
        parse(&["http://shop", "--rate", "1", "--workers", "2"]).expect_err("either or");
    }
}
