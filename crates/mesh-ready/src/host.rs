//! Does a request say for whom it is.

use http::uri::Authority;
use http::{Request, Version, header};

/// HTTP/1.1 must name its host once and well, or be refused, because the next hop may read another one out of it
/// (<https://www.rfc-editor.org/rfc/rfc9112#section-3.2>). HTTP/2 names it in its own way, HTTP/1.0 need not.
pub(crate) fn check<B>(request: &Request<B>) -> Result<(), &'static str> {
    if request.version() != Version::HTTP_11 {
        return Ok(());
    }
    let mut lines = request.headers().get_all(header::HOST).iter();
    let (Some(host), None) = (lines.next(), lines.next()) else {
        return Err("HTTP/1.1 needs exactly one Host header");
    };
    let named =
        host.is_empty() || host.to_str().is_ok_and(|host| host.parse::<Authority>().is_ok() && !host.contains('@'));
    if named { Ok(()) } else { Err("the Host header is no host name, for example localhost:8080") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_good_host_is_needed_by_http_1_1_alone() {
        let cases: &[(Version, &[&str], bool)] = &[
            (Version::HTTP_11, &["a:8080"], true),
            (Version::HTTP_11, &["[::1]:80"], true),
            (Version::HTTP_11, &[""], true),
            (Version::HTTP_11, &[], false),
            (Version::HTTP_11, &["a", "a"], false),
            (Version::HTTP_11, &["a b"], false),
            (Version::HTTP_11, &["a/b"], false),
            (Version::HTTP_11, &["me@a"], false),
            (Version::HTTP_10, &[], true),
            (Version::HTTP_2, &[], true),
        ];
        for (version, hosts, good) in cases {
            let mut request = Request::new(());
            *request.version_mut() = *version;
            for host in *hosts {
                request.headers_mut().append(header::HOST, host.parse().expect("a header value"));
            }
            assert_eq!(check(&request).is_ok(), *good, "{version:?} {hosts:?}");
        }
    }
}
