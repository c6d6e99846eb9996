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
}
