//! Both releases on one database, and a user-service that answers what a test wants.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::IntoResponse;
use axum::routing::get;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use mesh_ready::client::{Client, ClientArgs};
use order_service::{Buyers, Release, Store, host};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;
use url::Url;

/// What the made-up user-service answers for the users 1 to 3, and whether their JSON is any.
#[derive(Clone, Default)]
pub struct Users(Arc<AtomicU16>);

/// An answer, whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

pub struct Shop {
    pub v1: Service,
    pub v2: Service,
    pub users: Users,
    _folder: TempDir,
}

#[derive(Clone)]
pub struct Service {
    pub store: Store,
    pub router: Router,
    pub document: Value,
}

impl Users {
    /// 200 with garbage for a body when `status` is 0.
    pub fn answer(&self, status: u16) {
        self.0.store(status, Ordering::Relaxed);
    }

    async fn serve(&self) -> Url {
        let users = self.clone();
        let app = Router::new().route("/users/{id}", get(async move |Path(id): Path<i64>| users.user(id)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, app).await });
        format!("http://{address}").parse().expect("a url")
    }

    fn user(&self, id: i64) -> axum::response::Response {
        let user = json!({ "id": id, "name": "Ada", "email": "ada@example.com", "created_at": "" });
        match self.0.load(Ordering::Relaxed) {
            200 if id > 3 => StatusCode::NOT_FOUND.into_response(),
            200 => axum::Json(user).into_response(),
            0 => "10.0.0.7 says no".into_response(),
            status => (StatusCode::from_u16(status).expect("a status"), "10.0.0.7 says no").into_response(),
        }
    }
}

impl Shop {
    /// With the seeded orders 1 to 3.
    pub async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let users = Users::default();
        users.answer(200);
        let user_service = users.serve().await;
        let service = async |release| Service::start(&folder, release, user_service.clone()).await;
        let (v1, v2) = tokio::join!(service(Release::V1), service(Release::V2));
        Self { v1, v2, users, _folder: folder }
    }
}

impl Service {
    pub async fn start(folder: &TempDir, release: Release, user_service: Url) -> Self {
        let url = format!("sqlite://{}/orders.db", folder.path().display());
        let args = database::Args {
            database_url: Some(url.parse().expect("a right url")),
            database_max_connections: 10,
            database_acquire_timeout_ms: 10_000,
        };
        let timeout = Duration::from_secs(5);
        let client = ClientArgs { upstream_timeout_ms: timeout, upstream_connect_timeout_ms: timeout };
        let buyers = Buyers::new(&Client::new(&client).expect("a client"), user_service);
        let store = Store::open(&args, release, mesh_ready::Health::default().check("database"));
        store.database().prepared().await;
        let (router, document) = host(store.clone(), buyers).into_parts();
        Self { store, router, document }
    }

    pub async fn call(&self, method: Method, path: &str, keys: &[&str], body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        for key in keys {
            request = request.header("idempotency-key", *key);
        }
        self.send(request.body(body.into()).expect("a request")).await
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(request).await.expect("never fails");
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        Answer { status: parts.status, headers: parts.headers, text }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &[], "").await
    }

    pub async fn place(&self, keys: &[&str], body: &Value) -> Answer {
        self.call(Method::POST, "/orders", keys, body.to_string()).await
    }

    pub async fn step(&self, id: i64, step: &str, keys: &[&str]) -> Answer {
        self.call(Method::POST, &format!("/orders/{id}/{step}"), keys, "").await
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub fn replayed(&self) -> bool {
        self.headers.get("idempotency-replayed").is_some_and(|value| value == "true")
    }
}

/// An order of `quantity` pots of tea.
pub fn tea(user_id: i64, quantity: i64) -> Value {
    let price = json!({ "amount_minor": 1250, "currency": "EUR" });
    json!({ "user_id": user_id, "lines": [{ "sku": "TEA-250", "quantity": quantity, "unit_price": price }] })
}
