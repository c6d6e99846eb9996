//! Do boards, rules and alerts show what happens? Against real Prometheus, Alertmanager and processes, in one binary.
//!
//! What needs Debian's packages prometheus and prometheus-alertmanager is ignored where they are missing.

mod chance;
mod exemplars;
mod files;
mod links;
mod lint;
mod meshes;
mod mutations;
mod observe;
mod operator;
mod panels;
mod planted;
mod promtool;
mod proxies;
mod runbook;
mod selectors;
mod shop;
mod support;
mod weights;
