//! What is wrong under every mesh? Generated: `UPDATE_SNAPSHOTS=1 cargo test -p mesh-lint`.

pub mod account_shared;
pub mod annotation_type;
pub mod autoscalers_share_pods;
pub mod disruption_budget_blocks;
pub mod disruption_budget_selector;
pub mod grace_period;
pub mod host_network;
pub mod pod_security;
pub mod port_protocol;
pub mod probe_port;
pub mod protocol_conflict;
pub mod route_backend_missing;
pub mod route_backend_port;
pub mod route_catch_all;
pub mod route_parent_group;
pub mod route_parent_missing;
pub mod route_parent_port;
pub mod route_path_star;
pub mod route_rule_repeated;
pub mod route_twin_weights;
pub mod route_weights;
pub mod route_weights_zero;
pub mod scrape_port;
pub mod selectors_equal;
pub mod service_account_missing;
pub mod service_selector;
pub mod service_target_port;
pub mod session_affinity;
pub mod split_overlaps;

use crate::rule::Rule;

/// One rule a file of this folder.
#[rustfmt::skip]
pub static RULES: &[&Rule] = &[
    &account_shared::RULE,
    &annotation_type::RULE,
    &autoscalers_share_pods::RULE,
    &disruption_budget_blocks::RULE,
    &disruption_budget_selector::RULE,
    &grace_period::RULE,
    &host_network::RULE,
    &pod_security::RULE,
    &port_protocol::RULE,
    &probe_port::RULE,
    &protocol_conflict::RULE,
    &route_backend_missing::RULE,
    &route_backend_port::RULE,
    &route_catch_all::RULE,
    &route_parent_group::RULE,
    &route_parent_missing::RULE,
    &route_parent_port::RULE,
    &route_path_star::RULE,
    &route_rule_repeated::RULE,
    &route_twin_weights::RULE,
    &route_weights::RULE,
    &route_weights_zero::RULE,
    &scrape_port::RULE,
    &selectors_equal::RULE,
    &service_account_missing::RULE,
    &service_selector::RULE,
    &service_target_port::RULE,
    &session_affinity::RULE,
    &split_overlaps::RULE,
];
