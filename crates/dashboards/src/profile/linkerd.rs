//! What Linkerd's proxies say. Requests are counted in front of the pod, whose labels the scrape adds; the share is counted
//! where callers choose a backend of the route, whose name ends with the version.

use super::{Counted, Profile};

pub static PROFILE: Profile = Profile {
    name: "linkerd",
    title: "Linkerd",
    about: "Measured by Linkerd's proxies: success and latency in front of the pod, each attempt counted; the share where callers choose a backend.",
    requests: Counted {
        metric: "response_total",
        matchers: SERVED,
        namespace: "namespace",
        app: "app",
        version: "version",
    },
    failed: r#"classification="failure""#,
    failure: "what Linkerd classifies as one, as it does each 5xx; whether it does a caller who gave up has not been recorded",
    buckets: "response_latency_ms_bucket",
    per_second: 1000,
    spread: Counted {
        metric: "outbound_http_route_backend_requests_total",
        matchers: "",
        namespace: "parent_namespace",
        app: "parent_name",
        version: "backend_name",
    },
    attempts: Counted {
        metric: "outbound_http_route_backend_requests_total",
        matchers: "",
        namespace: "parent_namespace",
        app: "parent_name",
        version: "",
    },
    calls: Counted {
        metric: "outbound_http_route_request_statuses_total",
        matchers: "",
        namespace: "parent_namespace",
        app: "parent_name",
        version: "",
    },
};

/// Calls of others to the service port: no probes, no scrapes of the proxy (4191) or of the process (9080 to 9082).
const SERVED: &str = r#"direction="inbound",route_name!="probe",target_port!~"4191|908.""#;
