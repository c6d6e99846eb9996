//! The three together: started in the order in which they need each other, ended together.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use futures_util::future::select_all;

use crate::child::Child;
use crate::role::Role;

/// The running services.
#[derive(Default)]
pub struct Family(Vec<Child>);

impl Family {
    /// Takes in one more.
    pub fn add(&mut self, child: Child) -> &Child {
        self.0.push(child);
        self.0.last().expect("one was just added")
    }

    /// The service of this role.
    pub fn get(&self, role: Role) -> &Child {
        self.0.iter().find(|child| child.role == role).expect("every role is started before it is asked for")
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Child> {
        self.0.iter()
    }

    /// Waits until one ends by itself, which none should.
    pub async fn first_end(&mut self) -> anyhow::Result<(Role, ExitStatus)> {
        let waits = self.0.iter_mut().map(|child| {
            Box::pin(async {
                let role = child.role;
                child.wait().await.map(|status| (role, status))
            })
        });
        Ok(select_all(waits).await.0?)
    }

    /// Ends all, callers before callees, so that no request in flight loses its upstream. Dropped before it completes, it
    /// leaves the rest to be killed with this value.
    pub async fn end(&mut self) -> anyhow::Result<u8> {
        let mut worst = 0;
        while let Some(child) = self.0.last_mut() {
            worst = worst.max(code(child.end().await?));
            self.0.pop();
        }
        Ok(worst)
    }
}

/// A process's exit code; 128 and the signal's number for one that was killed, as shells say it.
pub fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
