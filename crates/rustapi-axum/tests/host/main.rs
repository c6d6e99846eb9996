//! What a host does with requests, seen from outside: through its router, without a socket.

mod app;
mod bodies;
mod document;
mod errors;
mod requests;
mod router;
mod socket;
mod start;
