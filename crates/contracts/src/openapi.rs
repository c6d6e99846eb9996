//! The OpenAPI documents of the two data services, for whoever describes or calls them without linking them.
//!
//! Each service's own test compares its document with the file, so these cannot drift from the code.

/// user-service's OpenAPI 3.1 document, pretty JSON.
pub const USER_SERVICE: &str = include_str!("../openapi/user-service.json");

/// order-service's OpenAPI 3.1 document, pretty JSON.
pub const ORDER_SERVICE: &str = include_str!("../openapi/order-service.json");
