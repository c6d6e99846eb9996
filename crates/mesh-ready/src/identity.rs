//! Who is this process: its service, its release and its pod, from one source for every signal.

use http::HeaderValue;

/// What a service knows about itself at compile time.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Folder, crate, binary, image, Kubernetes name and metric label: one word.
    pub name: &'static str,
    /// Port of the service's own HTTP surface.
    pub port: u16,
    /// Port of probes, metrics and settings that can change at run time.
    pub admin_port: u16,
    /// The releases that this code can run as; the first is the default of `SERVICE_VERSION`.
    pub versions: &'static [&'static str],
}

/// What a running process is: the only source of the version in bodies, headers, labels and spans.
#[derive(Clone, Debug)]
pub struct Identity {
    /// [`Workload::name`].
    pub service: &'static str,
    /// `SERVICE_VERSION`; in a cluster the pod label `version` through the downward API.
    pub version: String,
    /// `POD_NAME`, or `local` outside a cluster.
    pub pod: String,
}

impl Identity {
    /// The value that this process adds to `x-served-by`: `<service>/<version>/<pod>`.
    ///
    /// A pod name that no header can hold is refused by [`crate::config`], so this cannot fail.
    #[must_use]
    pub fn served_by(&self) -> HeaderValue {
        let text = format!("{}/{}/{}", self.service, self.version, self.pod);
        HeaderValue::try_from(text).expect("service, version and pod are checked to be visible ASCII")
    }

    /// What this process says about itself when it calls: `<service>/<version>`.
    #[must_use]
    pub fn user_agent(&self) -> HeaderValue {
        let text = format!("{}/{}", self.service, self.version);
        HeaderValue::try_from(text).expect("service and version are checked to be visible ASCII")
    }
}

/// Whether a value of `x-served-by` names hops and nothing else: it reaches callers, so no other text may.
#[must_use]
pub fn are_hops(value: &HeaderValue) -> bool {
    let name = |part: &[u8]| {
        (1..=253).contains(&part.len()) && part.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(byte))
    };
    let hop = |hop: &[u8]| {
        let mut parts = hop.splitn(3, |byte| *byte == b'/');
        (0..3).all(|_| parts.next().is_some_and(name))
    };
    // Behind the first comma each hop begins with a blank.
    let mut hops = value.as_bytes().split(|byte| *byte == b',');
    hops.next().is_some_and(hop) && hops.all(|next| next.strip_prefix(b" ").is_some_and(hop))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hop_is_three_names() {
        for (value, expected) in [
            ("echo/v1/local", true),
            ("echo/v1/pod-1.a, front/v2/pod-b", true),
            ("", false),
            ("10.0.0.7:8082", false),
            ("echo/v1", false),
            ("echo/v1/a b", false),
            ("echo/v1/local,front/v1/local", false),
        ] {
            assert_eq!(are_hops(&HeaderValue::from_static(value)), expected, "{value:?}");
        }
    }
}
