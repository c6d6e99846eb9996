//! What the processes say themselves: with or without a mesh, and the same names on a laptop.

use super::{Counted, Profile};

pub static PROFILE: Profile = Profile {
    name: "app",
    title: "app metrics",
    about: "Measured by the processes themselves; works without a mesh.",
    requests: RECEIVED,
    // 499 is a caller who hung up: how a release that hangs looks, whose callers have a timeout.
    failed: r#"status=~"5..|499""#,
    failure: "an answer with a 5xx, or a caller who gave up (499)",
    buckets: "axum_http_requests_duration_seconds_bucket",
    per_second: 1,
    spread: RECEIVED,
    attempts: Counted { version: "", ..RECEIVED },
    calls: Counted {
        metric: "upstream_requests_total",
        matchers: "",
        namespace: "namespace",
        app: "target",
        version: "",
    },
};

const RECEIVED: Counted = Counted {
    metric: "axum_http_requests_total",
    matchers: "",
    namespace: "namespace",
    app: "app",
    version: "version",
};
