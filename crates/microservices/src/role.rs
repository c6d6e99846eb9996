//! Which service is this process, if it is a child of the launcher.

use std::io::Read;
use std::net::SocketAddr;

use clap::Parser;
use mesh_ready::{Bound, Workload, config, shutdown};
use tokio::sync::oneshot;

use crate::terminal;

/// The first argument of a child; the second is the service's name. Not for people: it ends with its parent.
const CHILD: &str = "child";

/// A service of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// user-service
    User,
    /// order-service
    Order,
    /// api-gateway
    Gateway,
}

/// Where a child listens: the line that it tells the launcher, who does not show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// The service port.
    pub service: SocketAddr,
    /// The admin port.
    pub admin: SocketAddr,
}

impl Addresses {
    /// What begins such a line; no log line does.
    const MARK: &str = "\u{1}listening ";

    fn to_line(self) -> String {
        format!("{}{} {}", Self::MARK, self.service, self.admin)
    }

    /// The addresses in a line, if it is one of these.
    pub fn from_line(line: &str) -> Option<Self> {
        let (service, admin) = line.strip_prefix(Self::MARK)?.split_once(' ')?;
        Some(Self { service: service.parse().ok()?, admin: admin.parse().ok()? })
    }
}

impl Role {
    /// In the order in which they need each other.
    pub const ALL: [Self; 3] = [Self::User, Self::Order, Self::Gateway];

    /// The service's constants.
    pub fn workload(self) -> &'static Workload {
        match self {
            Self::User => &user_service::WORKLOAD,
            Self::Order => &order_service::WORKLOAD,
            Self::Gateway => &api_gateway::WORKLOAD,
        }
    }

    /// The arguments that make this binary a child.
    pub fn arguments(self) -> [&'static str; 2] {
        [CHILD, self.workload().name]
    }

    /// Runs the service until a signal, or until the launcher is gone.
    pub async fn run(self) -> anyhow::Result<()> {
        let bound = self.bind().await?;
        terminal::print(&Addresses { service: bound.addr(), admin: bound.admin_addr() }.to_line());
        let stop = async {
            tokio::select! {
                () = shutdown::signal() => {}
                () = parent_gone() => {}
            }
        };
        Ok(bound.run_until(stop).await?)
    }

    async fn bind(self) -> anyhow::Result<Bound> {
        match self {
            Self::User => user_service::bind(settings(self.workload())).await,
            Self::Order => order_service::bind(settings(self.workload())).await,
            Self::Gateway => api_gateway::bind(settings(self.workload())).await,
        }
    }
}

/// The role that the command line asks for; `None` for the launcher itself.
pub fn requested() -> Option<Role> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().filter(|first| first == CHILD).and_then(|_| arguments.next())?;
    Role::ALL.into_iter().find(|role| role.workload().name == name)
}

/// A child is set by its environment alone.
fn settings<T: Parser>(workload: &Workload) -> T {
    config::try_parse_from(workload, [workload.name]).unwrap_or_else(|error| error.exit())
}

/// The launcher holds the other end of standard input. It is closed when the launcher ends its children, and by
/// the kernel when the launcher was killed, so that no child outlives it.
async fn parent_gone() {
    let (gone, wait) = oneshot::channel();
    // A thread of its own: the runtime would wait for a blocked read before it ends.
    std::thread::spawn(move || {
        let mut byte = [0];
        while matches!(std::io::stdin().read(&mut byte), Ok(1..)) {}
        // Nobody waits any more when a signal came first.
        let _ = gone.send(());
    });
    drop(wait.await);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_tells_its_addresses_in_a_line_of_its_own() {
        let addresses = Addresses { service: ([127, 0, 0, 1], 1).into(), admin: ([127, 0, 0, 1], 2).into() };
        assert_eq!(Addresses::from_line(&addresses.to_line()), Some(addresses));
        assert_eq!(Addresses::from_line("INFO user-service Listening addr=127.0.0.1:1 admin_addr=127.0.0.1:2"), None);
    }
}
