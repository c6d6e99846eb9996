//! What Istio's sidecars say. Each request is counted twice, by the caller's sidecar and by the callee's: never add them up.
//!
//! The callee's sees every attempt, so a version's failures show although a retry hid them from the caller. The caller's
//! sees every call, and which version it chose.

use super::{Counted, Profile};

pub static PROFILE: Profile = Profile {
    name: "istio",
    title: "Istio",
    about: "Measured by Istio's sidecars: success and latency in front of the pod, each attempt counted; the share where callers choose.",
    requests: RECEIVED,
    // 0 is a caller who gave up: how a pod that hangs looks, whose callers have a timeout.
    failed: r#"response_code=~"5..|0""#,
    failure: "an answer with a 5xx, or a caller who gave up before there was one (code 0)",
    buckets: "istio_request_duration_milliseconds_bucket",
    per_second: 1000,
    spread: Counted { matchers: r#"reporter="source""#, ..RECEIVED },
    attempts: Counted { version: "", ..RECEIVED },
    calls: Counted { matchers: r#"reporter="source""#, version: "", ..RECEIVED },
};

const RECEIVED: Counted = Counted {
    metric: "istio_requests_total",
    matchers: r#"reporter="destination""#,
    namespace: "destination_workload_namespace",
    app: "destination_canonical_service",
    version: "destination_canonical_revision",
};
