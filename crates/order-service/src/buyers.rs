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

/// Parses the address of user-service. No https: the sidecar encrypts, this process cannot.
pub(crate) fn base_url(text: &str) -> Result<Url, String> {
    let wrong = |what: &dyn std::fmt::Display| format!("{what}, for example http://user-service:8081");
    let url = Url::parse(text).map_err(|error| wrong(&error))?;
    if url.scheme() != "http" || !url.has_host() {
        return Err(wrong(&"must begin with http://"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(&"must have no path and no query"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_http_origin_is_an_address() {
        assert!(base_url("http://user-service:8081").is_ok() && base_url("http://127.0.0.1:8081/").is_ok());
        for text in
            ["", "user-service:8081", "https://user-service", "http://", "http://a/b", "http://a/?b", "file:///a"]
        {
            assert!(base_url(text).expect_err(text).contains("for example http://user-service:8081"), "{text:?}");
        }
    }
}
