//! What is wrong under Linkerd? Generated: `UPDATE_SNAPSHOTS=1 cargo test -p mesh-lint`.

pub mod accrual_mode;
pub mod accrual_penalties;
pub mod accrual_unused;
pub mod annotation_number;
pub mod annotation_on_backend;
pub mod annotation_retired;
pub mod annotation_unknown;
pub mod annotation_wrong_object;
pub mod app_protocol;
pub mod backend_kind;
pub mod backend_namespace;
pub mod backend_request_timeout;
pub mod backend_without_port;
pub mod config_on_workload;
pub mod default_policy_value;
pub mod duration_on_route;
pub mod duration_on_service;
pub mod egress_overlap;
pub mod egress_route_port;
pub mod grpc_displaces_http;
pub mod identity_form;
pub mod identity_unknown;
pub mod identity_unmeshed;
pub mod inject_excluded;
pub mod inject_label;
pub mod inject_value;
pub mod metrics_denied;
pub mod native_sidecar;
pub mod network_cidr;
pub mod opaque_default_lost;
pub mod opaque_http;
pub mod parent_group;
pub mod parent_headless;
pub mod parent_missing;
pub mod parents_mixed;
pub mod policy_authentication;
pub mod policy_open;
pub mod policy_target_kind;
pub mod policy_target_missing;
pub mod port_list;
pub mod proxy_resources;
pub mod proxy_setting;
pub mod rate_limit_probes;
pub mod rate_limit_twice;
pub mod rate_limit_values;
pub mod response_header;
pub mod retried_writes;
pub mod retries_multiply;
pub mod retry_condition;
pub mod retry_without_condition;
pub mod route_filter;
pub mod route_groups;
pub mod route_on_bytes;
pub mod route_retry;
pub mod route_timeout;
pub mod scrape_denied;
pub mod server_authorization;
pub mod server_denies_all;
pub mod server_pods;
pub mod server_port;
pub mod server_probe;
pub mod server_protocol;
pub mod server_unmeshed;
pub mod server_version;
pub mod servers_overlap;
pub mod service_profile;
pub mod service_profile_name;
pub mod session_persistence;
pub mod shutdown_grace;
pub mod skipped_port;
pub mod support;
pub mod traffic_split;

use crate::rule::Rule;

/// One rule a file of this folder.
#[rustfmt::skip]
pub static RULES: &[&Rule] = &[
    &accrual_mode::RULE,
    &accrual_penalties::RULE,
    &accrual_unused::RULE,
    &annotation_number::RULE,
    &annotation_on_backend::RULE,
    &annotation_retired::RULE,
    &annotation_unknown::RULE,
    &annotation_wrong_object::RULE,
    &app_protocol::RULE,
    &backend_kind::RULE,
    &backend_namespace::RULE,
    &backend_request_timeout::RULE,
    &backend_without_port::RULE,
    &config_on_workload::RULE,
    &default_policy_value::RULE,
    &duration_on_route::RULE,
    &duration_on_service::RULE,
    &egress_overlap::RULE,
    &egress_route_port::RULE,
    &grpc_displaces_http::RULE,
    &identity_form::RULE,
    &identity_unknown::RULE,
    &identity_unmeshed::RULE,
    &inject_excluded::RULE,
    &inject_label::RULE,
    &inject_value::RULE,
    &metrics_denied::RULE,
    &native_sidecar::RULE,
    &network_cidr::RULE,
    &opaque_default_lost::RULE,
    &opaque_http::RULE,
    &parent_group::RULE,
    &parent_headless::RULE,
    &parent_missing::RULE,
    &parents_mixed::RULE,
    &policy_authentication::RULE,
    &policy_open::RULE,
    &policy_target_kind::RULE,
    &policy_target_missing::RULE,
    &port_list::RULE,
    &proxy_resources::RULE,
    &proxy_setting::RULE,
    &rate_limit_probes::RULE,
    &rate_limit_twice::RULE,
    &rate_limit_values::RULE,
    &response_header::RULE,
    &retried_writes::RULE,
    &retries_multiply::RULE,
    &retry_condition::RULE,
    &retry_without_condition::RULE,
    &route_filter::RULE,
    &route_groups::RULE,
    &route_on_bytes::RULE,
    &route_retry::RULE,
    &route_timeout::RULE,
    &scrape_denied::RULE,
    &server_authorization::RULE,
    &server_denies_all::RULE,
    &server_pods::RULE,
    &server_port::RULE,
    &server_probe::RULE,
    &server_protocol::RULE,
    &server_unmeshed::RULE,
    &server_version::RULE,
    &servers_overlap::RULE,
    &service_profile::RULE,
    &service_profile_name::RULE,
    &session_persistence::RULE,
    &shutdown_grace::RULE,
    &skipped_port::RULE,
    &traffic_split::RULE,
];
