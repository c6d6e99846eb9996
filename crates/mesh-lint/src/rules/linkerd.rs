//! What is wrong under Linkerd? Generated: `UPDATE_SNAPSHOTS=1 cargo test -p mesh-lint`.

pub mod backend_kind;
pub mod backend_missing;
pub mod backend_namespace;
pub mod backend_port;
pub mod backend_request_timeout;
pub mod backend_spans_releases;
pub mod duration_on_service;
pub mod egress_route_port;
pub mod grpc_displaces_http;
pub mod parent_group;
pub mod parent_headless;
pub mod parent_missing;
pub mod parent_port;
pub mod parents_mixed;
pub mod response_header;
pub mod route_filter;
pub mod route_groups;
pub mod route_retry;
pub mod route_shadowed;
pub mod route_timeout;
pub mod route_without_catch_all;
pub mod service_profile;
pub mod session_persistence;
pub mod support;
pub mod weights_sum;
pub mod weights_zero;

use crate::rule::Rule;

/// One rule a file of this folder.
#[rustfmt::skip]
pub static RULES: &[&Rule] = &[
    &backend_kind::RULE,
    &backend_missing::RULE,
    &backend_namespace::RULE,
    &backend_port::RULE,
    &backend_request_timeout::RULE,
    &backend_spans_releases::RULE,
    &duration_on_service::RULE,
    &egress_route_port::RULE,
    &grpc_displaces_http::RULE,
    &parent_group::RULE,
    &parent_headless::RULE,
    &parent_missing::RULE,
    &parent_port::RULE,
    &parents_mixed::RULE,
    &response_header::RULE,
    &route_filter::RULE,
    &route_groups::RULE,
    &route_retry::RULE,
    &route_shadowed::RULE,
    &route_timeout::RULE,
    &route_without_catch_all::RULE,
    &service_profile::RULE,
    &session_persistence::RULE,
    &weights_sum::RULE,
    &weights_zero::RULE,
];
