//! The gateway between callers and fake services, without a network on the callers' side.

mod gateway;
mod issuer;
mod service;

mod limits;
mod overview;
mod pages;
mod proxy;
mod tokens;
mod upstream_failures;
