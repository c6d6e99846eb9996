//! nginx as a reverse proxy: kept connections to the upstream, one worker, Debian's defaults otherwise.

use std::process::Command;

use super::{Absent, Hop, Peer};
use crate::programs::is_installed;

/// What nginx writes about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// A line at once, which is how it comes.
    Lines,
    /// Lines gathered for up to a second, which is how it can be set.
    Gathered,
    /// Nothing.
    Off,
}

/// The command, with a configuration of its own in the hop's folder.
pub fn nginx(hop: Hop<'_>, log: Log) -> Peer {
    let missing = || Absent("nginx is not installed: apt-get install nginx-light".to_owned());
    let program = ["nginx", "/usr/sbin/nginx"].into_iter().find(|name| is_installed(name)).ok_or_else(missing)?;
    let path = hop.folder.join(format!("nginx-{log:?}.conf"));
    std::fs::write(&path, configuration(hop, log)).map_err(|error| Absent(format!("nginx: {error}")))?;
    let mut command = Command::new(program);
    command.arg("-c").arg(path).arg("-p").arg(hop.folder);
    Ok(command)
}

fn configuration(hop: Hop<'_>, log: Log) -> String {
    let Hop { listen, upstream, folder } = hop;
    let folder = folder.display();
    let access = match log {
        Log::Lines => format!("access_log {folder}/nginx-lines.log combined"),
        Log::Gathered => format!("access_log {folder}/nginx-gathered.log combined buffer=64k flush=1s"),
        Log::Off => "access_log off".to_owned(),
    };
    // One process, so that its CPU time is all of it; the worker's code is the same.
    format!(
        "daemon off;
master_process off;
worker_processes 1;
pid {folder}/nginx-{log:?}.pid;
error_log stderr;
events {{ worker_connections 4096; }}
http {{
    {access};
    keepalive_requests 1000000000;
    client_body_temp_path {folder};
    proxy_temp_path {folder};
    fastcgi_temp_path {folder};
    scgi_temp_path {folder};
    uwsgi_temp_path {folder};
    upstream backend {{
        server {upstream};
        keepalive 128;
        keepalive_requests 1000000000;
    }}
    server {{
        listen {listen};
        location /api/ {{
            proxy_pass http://backend/;
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
        }}
    }}
}}
"
    )
}
