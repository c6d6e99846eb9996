//! The three services, wired to one another.

use crate::service::Service;

/// The whole shop without its launcher: what a test of the gateway or of a trace through all processes needs.
#[derive(Debug)]
pub struct Stack {
    /// user-service.
    pub users: Service,
    /// order-service.
    pub orders: Service,
    /// api-gateway, in front of both.
    pub gateway: Service,
}

impl Stack {
    /// Starts all three, each with its own SQLite file and these variables, and waits until they are ready.
    ///
    /// # Errors
    /// As [`Service::start_ready`].
    pub async fn start(env: &[(&str, &str)]) -> anyhow::Result<Self> {
        let users = Service::start_ready("user-service", env).await?;
        let orders = orders(&users, env).await?;
        let gateway = gateway(&users, &orders, env).await?;
        Ok(Self { users, orders, gateway })
    }
}

/// Starts an order-service that asks this user-service for its buyers.
///
/// # Errors
/// As [`Service::start_ready`].
pub async fn orders(users: &Service, env: &[(&str, &str)]) -> anyhow::Result<Service> {
    let users = users.url();
    Service::start_ready("order-service", &with(env, &[("USER_SERVICE_URL", &users)])).await
}

/// Starts a gateway in front of these two. It accepts the tokens of [`crate::token`].
///
/// # Errors
/// As [`Service::start_ready`].
pub async fn gateway(users: &Service, orders: &Service, env: &[(&str, &str)]) -> anyhow::Result<Service> {
    let (users, orders) = (users.url(), orders.url());
    let urls = [("USER_SERVICE_URL", users.as_str()), ("ORDER_SERVICE_URL", orders.as_str())];
    Service::start_ready("api-gateway", &with(env, &urls)).await
}

/// Both lists; what the test gives comes last and wins.
pub fn with<'a>(env: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    more.iter().chain(env).copied().collect()
}
