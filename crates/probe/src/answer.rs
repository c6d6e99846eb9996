//! A whole answer, and which processes had a hand in it.

use bytes::Bytes;
use http::{HeaderMap, StatusCode, Version};

/// The header in which each service adds itself, the nearest to the data first: `<service>/<version>/<pod>`.
pub const SERVED_BY: &str = "x-served-by";

/// What came back, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The protocol it came over.
    pub version: Version,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// One process that an answer passed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Hop<'a>(&'a str);

impl Answer {
    /// A header's value; `None` when it is missing or no text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The processes of `x-served-by`; empty when a proxy answered in their place.
    pub fn served_by(&self) -> impl Iterator<Item = Hop<'_>> {
        let values = self.headers.get_all(SERVED_BY).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).map(str::trim).filter(|hop| !hop.is_empty()).map(Hop)
    }
}

impl<'a> Hop<'a> {
    /// All of it: `order-service/v2/pod-a`.
    #[must_use]
    pub fn pod(self) -> &'a str {
        self.0
    }

    /// Service and version: `order-service/v2`.
    #[must_use]
    pub fn workload(self) -> &'a str {
        self.0.match_indices('/').nth(1).map_or(self.0, |(end, _)| &self.0[..end])
    }
}
