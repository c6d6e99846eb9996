//! Which callers may choose a release with `x-canary`?
//!
//! The mesh routes by this header on every hop, so a value that names no release must not get past the edge: it
//! would be a knob that anybody on the internet can turn.

use std::str::FromStr;

use http::HeaderMap;
use mesh_ready::propagation::CANARY;

/// The values of `x-canary` that are let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanaryVersions(Vec<String>);

/// What is wrong with a list of versions.
#[derive(Debug, thiserror::Error)]
pub enum CanaryError {
    /// An entry cannot be the value of the header or of the pod label `version`.
    #[error("'{0}' is no version; expected names of letters, digits, '.', '_' and '-', for example v1,v2, or none")]
    NotAVersion(String),
}

impl CanaryVersions {
    /// Removes `x-canary` unless it is there once and names a known version.
    pub fn admit(&self, headers: &mut HeaderMap) {
        let mut values = headers.get_all(CANARY).iter();
        let known = match (values.next(), values.next()) {
            (Some(value), None) => self.0.iter().any(|version| value == version.as_str()),
            _ => false,
        };
        if !known {
            headers.remove(CANARY);
        }
    }
}

impl FromStr for CanaryVersions {
    type Err = CanaryError;

    /// Reads `v1,v2`. Nothing and `none` let no value in.
    fn from_str(text: &str) -> Result<Self, CanaryError> {
        if text.trim().is_empty() || text.trim() == "none" {
            return Ok(Self(Vec::new()));
        }
        text.split(',').map(|entry| version(entry.trim())).collect::<Result<_, _>>().map(Self)
    }
}

fn version(entry: &str) -> Result<String, CanaryError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if entry.is_empty() || !entry.bytes().all(allowed) {
        return Err(CanaryError::NotAVersion(entry.to_owned()));
    }
    Ok(entry.to_owned())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn admitted(versions: &str, values: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CANARY, HeaderValue::from_static(value));
        }
        let versions: CanaryVersions = versions.parse().expect("a list of versions");
        versions.admit(&mut headers);
        headers.get(CANARY).map(|value| value.to_str().expect("ascii").to_owned())
    }

    #[test]
    fn only_one_known_version_is_let_in() {
        let cases: &[(&str, &[&'static str], Option<&str>)] = &[
            ("v1,v2", &["v2"], Some("v2")),
            (" v1 , v2 ", &["v1"], Some("v1")),
            ("v1,v2", &["v3"], None),
            ("v1,v2", &["V2"], None),
            ("v1,v2", &["v2 "], None),
            ("v1,v2", &["v1,v2"], None),
            ("v1,v2", &["v1", "v2"], None),
            ("v1,v2", &[], None),
            ("none", &["v2"], None),
            ("", &["v2"], None),
            ("", &[""], None),
        ];
        for (versions, values, expected) in cases {
            assert_eq!(admitted(versions, values).as_deref(), *expected, "{values:?} with {versions:?}");
        }
    }

    #[test]
    fn a_list_that_is_no_list_of_versions_is_refused() {
        for text in ["v1,", "v1;v2", "v 1", ","] {
            let error = text.parse::<CanaryVersions>().expect_err(text);
            assert!(error.to_string().contains("v1,v2"), "{error}");
        }
    }
}
