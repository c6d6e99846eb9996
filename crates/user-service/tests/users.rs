//! The service without its ports, on a SQLite file.

use std::collections::BTreeSet;

use axum::Router;
use axum::body::Body;
use contracts::{Page, Problem, User};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;
use user_service::{Store, host};

struct Service {
    router: Router,
    _folder: TempDir,
}

impl Service {
    /// With the seeded users 1 to 3.
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}/users.db", folder.path().display());
        let args = database::Args {
            database_url: Some(url.parse().expect("a right url")),
            database_max_connections: 10,
            database_acquire_timeout_ms: 10_000,
        };
        let store = Store::open(&args, mesh_ready::Health::default().check("database"));
        store.database().prepared().await;
        Self { router: host(store).into_parts().0, _folder: folder }
    }

    async fn call(&self, method: Method, path: &str, body: impl Into<Body>) -> (StatusCode, Value) {
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let request = request.body(body.into()).expect("a request");
        let answer = self.router.clone().oneshot(request).await.expect("never fails");
        let status = answer.status();
        let bytes = answer.into_body().collect().await.expect("a body").to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.call(Method::GET, path, "").await
    }

    async fn page(&self, path: &str) -> Page<User> {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_value(body).expect("a page")
    }

    async fn create(&self, name: &str, email: &str) -> (StatusCode, Value) {
        self.call(Method::POST, "/users", json!({ "name": name, "email": email }).to_string()).await
    }
}

#[tokio::test]
async fn a_new_database_holds_three_users() {
    let service = Service::start().await;
    let (status, ada) = service.get("/users/1").await;
    assert_eq!(status, 200);
    let expected = json!({
        "id": 1, "name": "Ada Lovelace", "email": "ada@example.com", "created_at": "2025-01-01T00:00:00.000Z"
    });
    assert_eq!(ada, expected);
    assert_eq!(service.page("/users").await.items.len(), 3);
}

#[tokio::test]
async fn a_user_is_created_read_replaced_changed_and_deleted() {
    let service = Service::start().await;
    let (status, created) = service.create("Joan", "joan@example.com").await;
    assert_eq!((status.as_u16(), &created["id"]), (201, &json!(4)));
    assert_eq!(service.get("/users/4").await, (StatusCode::OK, created.clone()));

    let whole = json!({ "name": "Joan Clarke", "email": "clarke@example.com" }).to_string();
    let (status, replaced) = service.call(Method::PUT, "/users/4", whole).await;
    assert_eq!((status.as_u16(), &replaced["email"]), (200, &json!("clarke@example.com")));
    assert_eq!(replaced["created_at"], created["created_at"]);

    let (status, changed) = service.call(Method::PATCH, "/users/4", r#"{"name":"J. Clarke"}"#).await;
    assert_eq!((status.as_u16(), &changed["name"]), (200, &json!("J. Clarke")));
    assert_eq!(changed["email"], "clarke@example.com");
    assert_eq!(service.call(Method::PATCH, "/users/4", "{}").await, (StatusCode::OK, changed));

    assert_eq!(service.call(Method::DELETE, "/users/4", "").await, (StatusCode::NO_CONTENT, Value::Null));
    for (method, body) in [
        (Method::GET, ""),
        (Method::DELETE, ""),
        (Method::PATCH, "{}"),
        (Method::PUT, r#"{"name":"J","email":"j@example.com"}"#),
    ] {
        let (status, body) = service.call(method.clone(), "/users/4", body).await;
        assert_eq!((status.as_u16(), &body["error"]["type"]), (404, &json!("not_found")), "{method}");
    }
}

#[tokio::test]
async fn an_address_belongs_to_one_user_without_regard_to_case() {
    let service = Service::start().await;
    let (status, body) = service.create("Another Ada", "ADA@example.com").await;
    assert_eq!((status.as_u16(), &body["error"]["message"]), (409, &json!("Another user has this email")));
    let (status, _) = service.call(Method::PATCH, "/users/2", r#"{"email":"ada@example.com"}"#).await;
    assert_eq!(status, 409);
    let (status, _) = service.call(Method::PATCH, "/users/1", r#"{"email":"Ada@example.com"}"#).await;
    assert_eq!(status, 200, "a user's own address is no conflict");
    let (status, body) = service.create("Joan", "joan@example.com").await;
    assert_eq!((status.as_u16(), &body["id"]), (201, &json!(4)), "a refused user leaves no gap");
}

#[tokio::test]
async fn wrong_requests_are_told_what_would_be_right() {
    let service = Service::start().await;
    let overlong = json!({ "name": "n".repeat(101), "email": "a@example.com" }).to_string();
    let cases = [
        (Method::POST, "/users", r#"{"name":"","email":"x"}"#, 422, "must be 1 to 100 characters"),
        (Method::POST, "/users", &overlong, 422, "must be 1 to 100 characters"),
        (Method::POST, "/users", r#"{"name":"A\u0000","email":"a@example.com"}"#, 422, "must be 1 to 100 characters"),
        (Method::PATCH, "/users/1", r#"{"email":"x"}"#, 422, "ada@example.com"),
        (Method::POST, "/users", r#"{"name":"A"}"#, 400, "email"),
        (Method::POST, "/users", r#"{"name":"A","email":"a@example.com","admin":true}"#, 400, "admin"),
        (Method::POST, "/users", r#"{"name":1,"email":"a@example.com"}"#, 400, "string"),
        (Method::POST, "/users", "{", 400, "JSON"),
        (Method::POST, "/users", "[]", 400, "JSON"),
        (Method::POST, "/users", "", 400, "JSON"),
        (Method::PATCH, "/users/1", r#"{"id":2}"#, 400, "id"),
        (Method::GET, "/users/one", "", 400, "id"),
        (Method::GET, "/users/9223372036854775808", "", 400, "id"),
        (Method::GET, "/users/-1", "", 404, "-1"),
        (Method::GET, "/users?limit=0", "", 400, "1 to 100"),
        (Method::GET, "/users?limit=101", "", 400, "1 to 100"),
        (Method::GET, "/users?limit=many", "", 400, "query"),
        (Method::GET, "/users?after=x", "", 400, "query"),
        (Method::DELETE, "/users", "", 405, ""),
        (Method::GET, "/orders/1", "", 404, ""),
    ];
    for (method, path, body, expected, hint) in cases {
        let (status, answer) = service.call(method.clone(), path, body.to_owned()).await;
        let problem: Problem = serde_json::from_value(answer.clone()).expect("the error shape");
        assert_eq!(status, expected, "{method} {path} {body}: {answer}");
        let text = format!("{} {:?}", problem.error.message, problem.error.fields);
        assert!(text.contains(hint), "{method} {path} {body}: {answer}");
    }
}

#[tokio::test]
async fn pages_join_without_gaps_or_repeats() {
    let service = Service::start().await;
    for number in 4..=7 {
        service.create("User", &format!("user{number}@example.com")).await;
    }
    let (mut seen, mut after) = (Vec::new(), 0);
    loop {
        let page = service.page(&format!("/users?limit=3&after={after}")).await;
        seen.extend(page.items.iter().map(|user| user.id));
        let Some(next) = page.next else { break };
        after = next;
    }
    assert_eq!(seen, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(service.page("/users?after=7").await, Page { items: vec![], next: None });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_who_pages_during_inserts_misses_nobody() {
    let service = Service::start().await;
    let writers: Vec<_> = (0..100)
        .map(|number| {
            let (router, body) =
                (service.router.clone(), json!({ "name": "U", "email": format!("u{number}@example.com") }));
            let request = Request::post("/users").header("content-type", "application/json");
            let request = request.body(Body::from(body.to_string())).expect("a request");
            tokio::spawn(async move { router.oneshot(request).await.expect("never fails").status() })
        })
        .collect();
    let (mut seen, mut after) = (BTreeSet::new(), 0);
    while seen.len() < 103 {
        let page = service.page(&format!("/users?limit=7&after={after}")).await;
        seen.extend(page.items.iter().map(|user| user.id));
        after = seen.last().copied().unwrap_or(0);
        assert_eq!(after, seen.len() as i64, "ids become visible in their order, without gaps");
    }
    for writer in writers {
        assert_eq!(writer.await.expect("no panic"), 201);
    }
}

/// To accept a change of the interface: `UPDATE_SNAPSHOTS=1 cargo test`.
#[tokio::test]
async fn the_openapi_document_is_the_one_in_contracts() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}/users.db", folder.path().display());
    let args = database::Args {
        database_url: Some(url.parse().expect("a right url")),
        database_max_connections: 1,
        database_acquire_timeout_ms: 1500,
    };
    let store = Store::open(&args, mesh_ready::Health::default().check("database"));
    let document = serde_json::to_string_pretty(&host(store).into_parts().1).expect("JSON") + "\n";
    if option_env!("UPDATE_SNAPSHOTS") == Some("1") {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../contracts/openapi/user-service.json");
        return std::fs::write(path, document).expect("the snapshot is writable");
    }
    assert!(document == contracts::openapi::USER_SERVICE, "the interface changed: UPDATE_SNAPSHOTS=1 cargo test");
}
