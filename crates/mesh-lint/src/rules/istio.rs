//! What is wrong under Istio? Generated: `UPDATE_SNAPSHOTS=1 cargo test -p mesh-lint`.

pub mod canonical_revision;
pub mod catch_all;
pub mod deny_without_rules;
pub mod destination_port;
pub mod destination_rule_host;
pub mod destination_rules_share_host;
pub mod destination_tls;
pub mod gateway_destination_port;
pub mod gateway_hosts;
pub mod gateway_missing;
pub mod gateways_without_mesh;
pub mod host_cut_short;
pub mod host_missing;
pub mod http_rule_on_tcp_port;
pub mod ingress_skips_split;
pub mod injection_conflict;
pub mod injection_on_workload;
pub mod injection_value;
pub mod locality_without_outlier;
pub mod match_glob;
pub mod mirror_writes;
pub mod otlp_port;
pub mod outlier_never_ejects;
pub mod outlier_single_pod;
pub mod per_try_timeout;
pub mod policies_share_scope;
pub mod policy_beside_route;
pub mod policy_http_on_tcp;
pub mod policy_method;
pub mod policy_path;
pub mod policy_path_relative;
pub mod policy_port;
pub mod policy_selector;
pub mod port_mtls_selector;
pub mod post_retried;
pub mod principal_account;
pub mod principal_format;
pub mod principal_without_mtls;
pub mod probe_rewrite_off;
pub mod proxy_port;
pub mod proxy_user;
pub mod reference_grant;
pub mod retries_multiply;
pub mod retry_condition;
pub mod rule_repeated;
pub mod rule_unreachable;
pub mod scrape_refused;
pub mod second_try_cut;
pub mod sidecar_hides_callee;
pub mod subset_labels;
pub mod subset_missing;
pub mod subset_overlap;
pub mod subset_policy_unused;
pub mod support;
pub mod token_not_required;
pub mod twin_weights;
pub mod two_apis;
pub mod virtual_services_share_host;
pub mod weights;

use crate::rule::Rule;

/// One rule a file of this folder.
#[rustfmt::skip]
pub static RULES: &[&Rule] = &[
    &canonical_revision::RULE,
    &catch_all::RULE,
    &deny_without_rules::RULE,
    &destination_port::RULE,
    &destination_rule_host::RULE,
    &destination_rules_share_host::RULE,
    &destination_tls::RULE,
    &gateway_destination_port::RULE,
    &gateway_hosts::RULE,
    &gateway_missing::RULE,
    &gateways_without_mesh::RULE,
    &host_cut_short::RULE,
    &host_missing::RULE,
    &http_rule_on_tcp_port::RULE,
    &ingress_skips_split::RULE,
    &injection_conflict::RULE,
    &injection_on_workload::RULE,
    &injection_value::RULE,
    &locality_without_outlier::RULE,
    &match_glob::RULE,
    &mirror_writes::RULE,
    &otlp_port::RULE,
    &outlier_never_ejects::RULE,
    &outlier_single_pod::RULE,
    &per_try_timeout::RULE,
    &policies_share_scope::RULE,
    &policy_beside_route::RULE,
    &policy_http_on_tcp::RULE,
    &policy_method::RULE,
    &policy_path::RULE,
    &policy_path_relative::RULE,
    &policy_port::RULE,
    &policy_selector::RULE,
    &port_mtls_selector::RULE,
    &post_retried::RULE,
    &principal_account::RULE,
    &principal_format::RULE,
    &principal_without_mtls::RULE,
    &probe_rewrite_off::RULE,
    &proxy_port::RULE,
    &proxy_user::RULE,
    &reference_grant::RULE,
    &retries_multiply::RULE,
    &retry_condition::RULE,
    &rule_repeated::RULE,
    &rule_unreachable::RULE,
    &scrape_refused::RULE,
    &second_try_cut::RULE,
    &sidecar_hides_callee::RULE,
    &subset_labels::RULE,
    &subset_missing::RULE,
    &subset_overlap::RULE,
    &subset_policy_unused::RULE,
    &token_not_required::RULE,
    &twin_weights::RULE,
    &two_apis::RULE,
    &virtual_services_share_host::RULE,
    &weights::RULE,
];
