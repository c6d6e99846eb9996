//! The application under test, and the one way in which the tests talk to it.

use axum::body::Body;
use axum::response::Response;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use rustapi_axum::{Host, Params};
use rustapi_rs::{ApiError, Created, Json, NoContent, Path, Query, Redirect, Schema, State, Validate, ValidatedJson};
use serde::{Deserialize, Serialize};
use tower::ServiceExt;

pub const BODY_LIMIT: usize = 1000;

#[derive(Clone)]
pub struct Prefix(pub &'static str);

#[derive(Debug, Serialize, Deserialize, Schema, Validate)]
pub struct Note {
    #[validate(length(min = 1, message = "give it a text"))]
    pub text: String,
}

#[derive(Deserialize, Schema)]
pub struct Paging {
    pub limit: Option<u32>,
}

#[derive(Deserialize)]
pub struct Cell {
    pub row: u16,
    pub sheet: String,
    pub side: Side,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    Front,
    Back,
}

#[rustapi_rs::get("/notes")]
async fn list(Query(paging): Query<Paging>) -> Json<String> {
    Json(format!("limit {:?}", paging.limit))
}

#[rustapi_rs::post("/notes")]
async fn create(ValidatedJson(note): ValidatedJson<Note>) -> Result<Created<Note>, ApiError> {
    Ok(Created(note))
}

#[rustapi_rs::get("/notes/{id}")]
#[rustapi_rs::tag("Notes")]
#[rustapi_rs::summary("One note")]
async fn show(State(prefix): State<Prefix>, Path(note_id): Path<i64>) -> Json<String> {
    Json(format!("{}{note_id}", prefix.0))
}

#[rustapi_rs::put("/notes/{id}")]
#[rustapi_rs::errors(409 = "Someone else changed it")]
async fn replace(Path(id): Path<i64>, Json(note): Json<Note>) -> Result<Json<Note>, ApiError> {
    Ok(Json(Note { text: format!("{id}: {}", note.text) }))
}

#[rustapi_rs::delete("/notes/{id}")]
async fn remove(Path(_id): Path<i64>) -> NoContent {
    NoContent
}

#[rustapi_rs::get("/names/{name}")]
async fn name(Path(name): Path<String>) -> String {
    name
}

#[rustapi_rs::get("/pairs/{left}/{right}")]
async fn pair(Params((left, right)): Params<(String, i64)>) -> String {
    format!("{left}|{right}")
}

#[rustapi_rs::get("/sheets/{sheet}/rows/{row}/{side}")]
async fn cell(Params(cell): Params<Cell>) -> String {
    let side = if matches!(cell.side, Side::Front) { "front" } else { "back" };
    format!("{}|{}|{side}", cell.sheet, cell.row)
}

#[rustapi_rs::get("/mistake/{one}/{two}")]
async fn mistake(Params((one,)): Params<(String,)>) -> String {
    one
}

#[rustapi_rs::get("/files/*path")]
async fn file(Path(path): Path<String>) -> String {
    path
}

#[rustapi_rs::get("/switches/{on}")]
async fn switch(Path(on): Path<bool>) -> String {
    on.to_string()
}

#[rustapi_rs::put("/raw")]
async fn raw(body: rustapi_rs::Body) -> String {
    body.0.len().to_string()
}

#[rustapi_rs::get("/moved")]
async fn moved() -> Redirect {
    Redirect::to("/notes")
}

#[rustapi_rs::get("/fails/{status}")]
async fn fails(Path(status): Path<u16>) -> Result<Json<String>, ApiError> {
    let status = StatusCode::from_u16(status).map_err(|_| ApiError::bad_request("no such status"))?;
    Err(ApiError::new(status, "made_up", "the password is hunter2").with_internal("inner cause"))
}

#[rustapi_rs::get("/fails-by-hand")]
async fn fails_by_hand() -> rustapi_rs::Response {
    rustapi_rs::IntoResponse::into_response((StatusCode::INTERNAL_SERVER_ERROR, "the password is hunter2"))
}

#[rustapi_rs::get("/panics")]
async fn panics() -> String {
    panic!("the password is hunter2")
}

pub fn host() -> Host {
    let host = Host::new("Notes", "1.2.3").state(Prefix("note ")).body_limit(BODY_LIMIT);
    let routes = [
        list_route(),
        create_route(),
        show_route(),
        replace_route(),
        remove_route(),
        name_route(),
        pair_route(),
        cell_route(),
        mistake_route(),
        file_route(),
        switch_route(),
        raw_route(),
        moved_route(),
        fails_route(),
        fails_by_hand_route(),
        panics_route(),
    ];
    routes.into_iter().fold(host, Host::mount)
}

/// A request that the router answers; `content_type` may be empty.
pub fn request(method: &str, path: &str, content_type: &str, body: impl Into<Body>) -> Request<Body> {
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let mut request = Request::builder().method(method).uri(path);
    if !content_type.is_empty() {
        request = request.header(CONTENT_TYPE, content_type);
    }
    request.body(body.into()).expect("a request")
}

pub struct Answer {
    pub status: u16,
    pub allow: String,
    pub body: String,
}

pub async fn send(request: Request<Body>) -> Answer {
    answer(host().into_parts().0.oneshot(request).await.expect("routers do not fail")).await
}

pub async fn answer(response: Response) -> Answer {
    let status = response.status().as_u16();
    let allow =
        response.headers().get(ALLOW).map(|allow| allow.to_str().expect("ASCII").to_owned()).unwrap_or_default();
    let body = response.into_body().collect().await.expect("a whole body").to_bytes();
    Answer { status, allow, body: String::from_utf8(body.to_vec()).expect("UTF-8") }
}

/// Sends a request and holds its answer to a status, and to a text in its `allow` header or body.
pub async fn check(request: Request<Body>, status: u16, text: &str) {
    let what = format!("{} {}", request.method(), request.uri());
    let answer = send(request).await;
    assert_eq!(answer.status, status, "{what}: {}", answer.body);
    let found = if status == 204 { &answer.allow } else { &answer.body };
    assert!(found.contains(text), "{what}: `{text}` is not in `{found}`");
    if status >= 400 {
        assert_error_shape(&answer.body, &what);
    }
}

pub fn assert_error_shape(body: &str, what: &str) {
    let body: serde_json::Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{what}: {error}: {body}"));
    assert!(body["error"]["type"].is_string() && body["error"]["message"].is_string(), "{what}: {body}");
    assert!(body["error_id"].as_str().is_some_and(|id| id.starts_with("err_")), "{what}: {body}");
}
