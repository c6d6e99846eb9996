//! Where requests go: an `http://` URL, taken apart once, so that a wrong one is refused before anything is sent.

use std::{
    fmt::{self, Display, Formatter},
    net::SocketAddr,
    str::FromStr,
};

use http::{
    HeaderValue, Uri,
    uri::{Authority, PathAndQuery},
};
use thiserror::Error;

use crate::template;

/// A host, a port and a path with its query. `{n}` in the path or query stands for the number of the request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target {
    authority: Authority,
    path: String,
}

/// Why a text is no target.
#[derive(Debug, Error)]
pub enum TargetError {
    /// It does not start with `http://`. TLS belongs to the sidecar or the ingress, not to this client.
    #[error("{0:?} does not start with http://")]
    Scheme(String),
    /// No host, a port that is no number, or a user before the host.
    #[error("{0:?} is no host with an optional port")]
    Authority(String),
    /// A space or another character that a path cannot hold.
    #[error("{0:?} is no path")]
    Path(String),
}

impl Target {
    /// The host to look up, without the brackets of an IPv6 address.
    #[must_use]
    pub fn host(&self) -> &str {
        self.authority.host().trim_start_matches('[').trim_end_matches(']')
    }

    /// The port; 80 unless the URL names one.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.authority.port_u16().unwrap_or(80)
    }

    /// Host and port as the URL has them: what `Host` and `:authority` say by default.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// `Host` for this target.
    pub(crate) fn host_header(&self) -> HeaderValue {
        HeaderValue::from_str(self.authority.as_str()).expect("an authority is visible ASCII")
    }

    /// The path and query of the request with this number.
    pub(crate) fn path(&self, n: u64) -> Uri {
        let path = template::text(&self.path, n);
        Uri::from(PathAndQuery::try_from(path.as_ref()).expect("digits keep a checked path valid"))
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let rest = text.strip_prefix("http://").ok_or_else(|| TargetError::Scheme(text.to_owned()))?;
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        if PathAndQuery::try_from(template::text(&path, 0).as_ref()).is_err() {
            return Err(TargetError::Path(path));
        }
        Ok(Self { authority: parse_authority(authority)?, path })
    }
}

impl From<SocketAddr> for Target {
    fn from(addr: SocketAddr) -> Self {
        let authority = Authority::from_str(&addr.to_string()).expect("an address with a port is an authority");
        Self { authority, path: "/".to_owned() }
    }
}

impl Display for Target {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority, self.path)
    }
}

fn parse_authority(text: &str) -> Result<Authority, TargetError> {
    let wrong = || TargetError::Authority(text.to_owned());
    let authority = Authority::from_str(text).map_err(|_| wrong())?;
    // `as_str` is longer than host and port when there is a user or a port that is no number.
    let port = authority.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    let whole = !authority.host().is_empty() && authority.as_str() == format!("{}{port}", authority.host());
    if whole { Ok(authority) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        for (url, host, port, path) in [
            ("http://orders:8082/orders/{n}?a=b", "orders", 8082, "/orders/7?a=b"),
            ("http://127.0.0.1:80", "127.0.0.1", 80, "/"),
            ("http://shop.example", "shop.example", 80, "/"),
            ("http://shop.example?page={n}", "shop.example", 80, "/?page=7"),
            ("http://[::1]:8080/x", "::1", 8080, "/x"),
        ] {
            let target: Target = url.parse().expect(url);
            assert_eq!((target.host(), target.port(), target.path(7).to_string().as_str()), (host, port, path));
        }
    }

    #[test]
    fn what_is_no_target_is_refused_with_the_reason() {
        for (text, reason) in [
            ("https://shop", "does not start with http://"),
            ("shop:80/", "does not start with http://"),
            ("http://", "no host"),
            ("http://me@shop/", "no host"),
            ("http://shop:eighty/", "no host"),
            ("http://shop/a b", "no path"),
        ] {
            let error = text.parse::<Target>().expect_err(text).to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
