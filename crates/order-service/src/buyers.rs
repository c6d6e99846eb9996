//! Does the buyer exist? user-service knows.

use contracts::User;
use http::StatusCode;
use mesh_ready::{Client, Upstream, UpstreamError};
use rustapi_rs::{ApiError, FieldError};
use url::Url;

/// The users of user-service, as buyers. Clones share the connections.
#[derive(Clone)]
pub struct Buyers {
    user_service: Upstream,
}

/// Why a buyer was not found.
#[derive(Debug, thiserror::Error)]
pub enum BuyerError {
    /// user-service has no such user.
    #[error("no user has id {0}")]
    Unknown(i64),
    /// user-service did not say.
    #[error(transparent)]
    Upstream(UpstreamError),
}

impl Buyers {
    /// Asks the user-service at `base_url`.
    pub fn new(client: &Client, base_url: Url) -> Self {
        Self { user_service: client.upstream("user-service", base_url) }
    }

    /// Succeeds when the user exists.
    ///
    /// # Errors
    /// [`BuyerError::Unknown`] when there is none, [`BuyerError::Upstream`] when user-service cannot tell.
    pub async fn require(&self, id: i64) -> Result<(), BuyerError> {
        match self.user_service.get_json::<User>("/users/{id}", &format!("/users/{id}")).await {
            Ok(_) => Ok(()),
            Err(UpstreamError::Status { status: StatusCode::NOT_FOUND, .. }) => Err(BuyerError::Unknown(id)),
            Err(error) => Err(BuyerError::Upstream(error)),
        }
    }
}

impl From<BuyerError> for ApiError {
    fn from(error: BuyerError) -> Self {
        match error {
            BuyerError::Unknown(id) => Self::validation(vec![FieldError {
                field: "user_id".to_owned(),
                code: "exists".to_owned(),
                message: format!("must be the id of a user; none has id {id}"),
            }]),
            BuyerError::Upstream(error) => Self::new(error.status(), error.kind(), error.to_string()),
        }
    }
}
