//! What crosses the wire: the types that the services and the gateway exchange, and the rules a request must obey.
//!
//! A leaf without I/O. Ids are positive integers, made by the service that owns the thing. Money is integer minor
//! units with a currency. Times are RFC 3339 in UTC with milliseconds, dates are `YYYY-MM-DD`.

mod gateway;
mod object;
pub mod openapi;
mod order;
pub mod page;
mod problem;
mod rules;
mod schema;
pub mod time;
mod user;

pub use gateway::{GatewayResponse, UserOverview};
pub use order::{Money, NewOrder, Order, OrderLine, OrderStatus};
pub use page::Page;
pub use problem::{FieldProblem, Problem, ProblemDetail};
pub use user::{NewUser, User, UserPatch};
