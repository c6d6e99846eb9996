//! Has this request been answered before? A caller who heard no answer repeats the request with the same
//! `Idempotency-Key`, and is told what happened the first time instead of making it happen twice.
//!
//! The key is claimed, the effect happens and the answer is kept in one transaction. A second request with the key waits
//! for that transaction, in this process or another one of either release, and then finds the answer. (Within one process
//! it waits in [`crate::turns`] already, which costs no connection.)

use http::Method;
use rustapi_openapi::{Operation, OperationModifier, Parameter, SchemaRef};
use rustapi_rs::{ApiError, FromRequestParts};
use serde::Serialize;
use sqlx::AnyConnection;

use crate::store::Error;

/// How long an answer is kept at least.
pub(crate) const KEPT_MS: i64 = 24 * 60 * 60 * 1000;

const HEADER: &str = "Idempotency-Key";

/// Whose key it is: the subject of the token, as the gateway verified it. The gateway lets no caller set it.
const CALLER: &str = "x-caller";

/// The caller's `Idempotency-Key`, if there is one, together with the caller: two of them may choose the same key.
#[derive(Clone, Debug)]
pub(crate) struct IdempotencyKey(Option<String>);

/// A request that may be repeated: its key, and what it asks for.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    key: String,
    /// Kept as it is rather than as a hash: it is short, and tells whoever looks for the mistake what was asked.
    text: String,
}

/// What is known of a request.
pub(crate) enum Claim {
    /// It is new, and nobody else answers it now.
    Ours,
    /// It was answered with this body.
    Answered(String),
}

impl IdempotencyKey {
    /// The request under this key. `body` counts by what it says, not by its white space.
    pub(crate) fn request(self, method: &Method, path: &str, body: impl Serialize) -> Option<Request> {
        let body = serde_json::to_string(&body).expect("a body that was read from JSON can be written as JSON");
        self.0.map(|key| Request { key, text: format!("{method} {path} {body}") })
    }
}

impl FromRequestParts for IdempotencyKey {
    fn from_request_parts(request: &rustapi_rs::Request) -> Result<Self, ApiError> {
        let mut values = request.headers().get_all(HEADER).iter();
        let (Some(value), surplus) = (values.next(), values.next()) else { return Ok(Self(None)) };
        let key = value.to_str().unwrap_or_default();
        let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
        if surplus.is_some() || !visible || !(1..=255).contains(&key.len()) {
            return Err(ApiError::bad_request(format!(
                "{HEADER} must be one value of 1 to 255 visible ASCII characters"
            )));
        }
        // A blank separates them, because a key holds none: nobody can choose a key that is somebody else's.
        let caller = request.headers().get(CALLER).map(|caller| String::from_utf8_lossy(caller.as_bytes()));
        Ok(Self(Some(format!("{} {key}", caller.unwrap_or_default()))))
    }
}

impl OperationModifier for IdempotencyKey {
    fn update_operation(operation: &mut Operation) {
        let description =
            "Repeating a request with its key gives the first answer instead of a second effect, for 24 hours";
        operation.parameters.push(Parameter {
            name: HEADER.to_owned(),
            location: "header".to_owned(),
            description: Some(description.to_owned()),
            required: false,
            deprecated: None,
            schema: Some(SchemaRef::Inline(serde_json::json!({ "type": "string", "minLength": 1, "maxLength": 255 }))),
        });
    }
}

impl Request {
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// The answer, if there is one already.
    pub(crate) async fn find(&self, pool: &sqlx::AnyPool) -> Result<Option<String>, Error> {
        let query = sqlx::query_as(FIND).bind(&self.key);
        self.recognise(query.fetch_optional(pool).await?)
    }

    /// Makes the key ours, or waits for whoever has it.
    pub(crate) async fn claim(&self, transaction: &mut AnyConnection) -> Result<Claim, Error> {
        loop {
            let query = sqlx::query(CLAIM).bind(&self.key).bind(&self.text).bind(database::now());
            if query.execute(&mut *transaction).await?.rows_affected() == 1 {
                return Ok(Claim::Ours);
            }
            let query = sqlx::query_as(FIND).bind(&self.key);
            if let Some(body) = self.recognise(query.fetch_optional(&mut *transaction).await?)? {
                return Ok(Claim::Answered(body));
            }
            // Forgotten between the two statements, because it was just then too old.
        }
    }

    /// Keeps the answer under the key that is ours.
    pub(crate) async fn keep(&self, transaction: &mut AnyConnection, body: &str) -> Result<(), Error> {
        let keep = "UPDATE idempotency_keys SET body = $2 WHERE key = $1";
        sqlx::query(keep).bind(&self.key).bind(body).execute(transaction).await?;
        Ok(())
    }

    fn recognise(&self, row: Option<(String, String)>) -> Result<Option<String>, Error> {
        match row {
            Some((text, _)) if text != self.text => Err(Error::KeyReused),
            other => Ok(other.map(|(_, body)| body)),
        }
    }
}

const FIND: &str = "SELECT request, body FROM idempotency_keys WHERE key = $1";
const CLAIM: &str = "INSERT INTO idempotency_keys (key, request, body, created_at) VALUES ($1, $2, '', $3) \
                     ON CONFLICT (key) DO NOTHING";

/// Forgets answers from before `time`; returns how many.
pub(crate) async fn forget_before(pool: &mut AnyConnection, time: i64) -> Result<u64, Error> {
    let query = sqlx::query("DELETE FROM idempotency_keys WHERE created_at < $1").bind(time);
    Ok(query.execute(pool).await?.rows_affected())
}
