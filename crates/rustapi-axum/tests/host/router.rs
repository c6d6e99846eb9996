//! What the router is to its surroundings: layers, other routes, nesting.

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use tower::ServiceExt;

use crate::app::{answer, host, request};

async fn show_matched_path(matched: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let matched = matched.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    response.headers_mut().insert("x-matched", matched.parse().expect("a header"));
    response
}

#[tokio::test]
async fn layers_see_the_matched_path_and_what_the_caller_gets() {
    let router = host().into_parts().0.layer(middleware::from_fn(show_matched_path));
    for (method, path, status, matched) in [
        ("GET", "/notes/7", 200, "/notes/{id}"),
        ("GET", "/notes/abc", 400, "/notes/{id}"),
        ("BREW", "/notes/7", 405, "/notes/{id}"),
        ("OPTIONS", "/notes/7", 204, "/notes/{id}"),
        ("GET", "/files/a/b", 200, "/files/{*path}"),
        ("GET", "/panics", 500, "/panics"),
        ("GET", "/nothing", 404, "none"),
    ] {
        let response = router.clone().oneshot(request(method, path, "", "")).await.expect("routers do not fail");
        assert_eq!(response.status(), status, "{method} {path}");
        assert_eq!(response.headers()["x-matched"], matched, "{method} {path}");
    }
}

#[tokio::test]
async fn axum_routes_stand_beside_mounted_ones() {
    let router = host().into_parts().0.route("/plain", get(async || "plain"));
    let answer = answer(router.oneshot(request("GET", "/plain", "", "")).await.expect("routers do not fail")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "plain"));
}

#[tokio::test]
async fn handlers_get_their_own_parameters_when_the_router_is_nested() {
    let router = Router::new().nest("/tenants/{tenant}", host().into_parts().0);
    let path = "/tenants/9/notes/7";
    let answer = answer(router.oneshot(request("GET", path, "", "")).await.expect("routers do not fail")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "\"note 7\""));
}
