//! What do several rules about Linkerd ask? Which annotations there are, and what their values look like.

/// The annotations of a Service or a route that hold a duration.
pub const TIME_ANNOTATIONS: [&str; 8] = [
    "retry.linkerd.io/timeout",
    "timeout.linkerd.io/request",
    "timeout.linkerd.io/response",
    "timeout.linkerd.io/idle",
    "balancer.linkerd.io/failure-accrual-consecutive-min-penalty",
    "balancer.linkerd.io/failure-accrual-consecutive-max-penalty",
    "balancer.alpha.linkerd.io/failure-accrual-success-rate-window",
    "balancer.alpha.linkerd.io/load-biaser-penalty",
];

/// Whether Linkerd reads it as a duration: whole number and unit, or a bare zero.
#[must_use]
pub fn is_duration(text: &str) -> bool {
    let unit = text.trim_start_matches(|it: char| it.is_ascii_digit());
    let number = &text[..text.len() - unit.len()];
    text == "0" || !number.is_empty() && matches!(unit, "ms" | "s" | "m" | "h" | "d")
}
