//! Are the ports free: asked before anything is started, so that the answer names the flag that helps.

use std::net::TcpListener;

use anyhow::anyhow;

use crate::args::{Args, Port};
use crate::role::Role;

/// Fails for the first port that is taken, also by another one of these.
pub fn check(args: &Args) -> anyhow::Result<()> {
    // Held until all are checked, so that no two services can be promised the same one.
    let mut held = Vec::new();
    for role in Role::ALL {
        for port in args.ports(role) {
            held.push(free(role.workload().name, port)?);
        }
    }
    if let Some(port) = args.observer_port() {
        held.push(free("prometheus", port)?);
    }
    Ok(())
}

fn free(service: &str, port: Port) -> anyhow::Result<TcpListener> {
    let Port { flag, number } = port;
    TcpListener::bind(port.addr()).map_err(|error| {
        anyhow!("port {number} for {service} cannot be used ({error}); choose another one with {flag} PORT (0: any)")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_taken_is_named_with_the_flag_that_changes_it() {
        let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let number = taken.local_addr().expect("an address").port();
        let error = free("order-service", Port { flag: "--order-port", number }).expect_err("it is taken").to_string();
        for part in [&number.to_string(), "order-service", "--order-port"] {
            assert!(error.contains(part), "{error}");
        }
    }
}
