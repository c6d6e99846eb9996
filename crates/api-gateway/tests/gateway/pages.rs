//! The pages for people and their tools.

use axum::body::Body;
use http::Request;

use crate::gateway::Gateway;
use crate::service::nowhere;

async fn gateway() -> Gateway {
    Gateway::new(&nowhere().await, &nowhere().await)
}

#[tokio::test]
async fn browsers_get_a_page_and_programs_get_links() {
    let gateway = gateway().await;
    let json = gateway.get("/").await;
    assert_eq!(json.json()["links"]["openapi"], "/openapi.json");
    assert_eq!(json.header("vary"), Some("accept"));
    let accept = "text/html,application/xhtml+xml,*/*;q=0.8";
    let request = Request::get("/").header("accept", accept).body(Body::empty());
    let html = gateway.call(request.expect("a request")).await;
    assert_eq!(html.header("content-type"), Some("text/html; charset=utf-8"));
    assert_ne!(html.header("etag"), json.header("etag"));
    for (_, link) in json.json()["links"].as_object().expect("links") {
        let link = link.as_str().expect("a path");
        assert_ne!(gateway.get(link).await.status, 404, "{link}");
    }
}

#[tokio::test]
async fn everything_for_browsers_is_local_strict_and_not_sent_twice() {
    let gateway = gateway().await;
    for path in
        ["/", "/docs", "/openapi.json", "/assets/index.css", "/assets/index.js", "/assets/docs.css", "/assets/docs.js"]
    {
        let first = gateway.get(path).await;
        assert_eq!(first.status, 200, "{path}");
        assert_eq!(first.header("x-content-type-options"), Some("nosniff"), "{path}");
        let policy = first.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(!String::from_utf8_lossy(&first.body).contains("src=\"http"), "{path} loads from elsewhere");
        let etag = first.header("etag").expect("a tag");
        for known in [etag.to_owned(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
            let request = Request::get(path).header("if-none-match", known).body(Body::empty());
            let again = gateway.call(request.expect("a request")).await;
            assert_eq!(again.status, 304, "{path}");
            assert!(again.body.is_empty(), "{path}");
            assert_eq!(again.header("etag"), Some(etag), "{path}");
        }
        let request = Request::get(path).header("if-none-match", "\"other\"").body(Body::empty());
        assert_eq!(gateway.call(request.expect("a request")).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn the_document_is_served_and_unknown_files_are_not() {
    let gateway = gateway().await;
    let document = gateway.get("/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["paths"]["/api/users/{id}/overview"]["get"].is_object());
    for path in ["/assets/", "/assets/other.js", "/assets/../Cargo.toml", "/favicon.ico"] {
        assert_eq!(gateway.get(path).await.status, 404, "{path}");
    }
}
