//! Mistakes in the program that stop the start, and what they say.

use std::panic::catch_unwind;

use rustapi_axum::Host;
use rustapi_rs::{Json, Route, get_route, put_route};
use serde::Serialize;

async fn text() -> &'static str {
    "text"
}

mod one {
    #[derive(super::Serialize, rustapi_rs::Schema)]
    pub struct Thing {
        pub name: String,
    }
}

mod other {
    #[derive(super::Serialize, rustapi_rs::Schema)]
    pub struct Thing {
        pub size: i64,
    }
}

async fn one_thing() -> Json<one::Thing> {
    Json(one::Thing { name: String::new() })
}

async fn other_thing() -> Json<other::Thing> {
    Json(other::Thing { size: 0 })
}

fn check(routes: fn() -> Vec<Route>, message: &str) {
    let outcome = catch_unwind(|| routes().into_iter().fold(Host::new("", ""), Host::mount).into_parts());
    let panic = outcome.err().unwrap_or_else(|| panic!("the start does not stop with `{message}`"));
    let said = panic.downcast_ref::<String>().expect("a formatted message");
    assert!(said.contains(message), "{said}");
}

#[test]
fn what_cannot_be_served_stops_the_start_with_a_clear_message() {
    check(
        || vec![get_route("/a/{id}", text), get_route("/a/{id}", text)],
        "GET /a/{id} is mounted twice: a method and path can have one handler",
    );
    check(
        || vec![get_route("/a/{id}", text), put_route("/a/{name}", text)],
        "GET /a/{id} and PUT /a/{name} are the same path with other parameter names",
    );
    check(|| vec![Route::new("/a", "HEAD", text)], "HEAD /a: RustAPI handlers answer GET, POST, PUT, PATCH or DELETE");
    check(
        || vec![get_route("/a", one_thing), get_route("/b", other_thing)],
        "GET /b: another type with the OpenAPI component name `Thing` is in use",
    );
    check(|| vec![get_route("/a/{name}.json", text)], "/a/{name}.json");
}
