//! What can go wrong with a database, as far as a service must tell it apart, and what the caller hears.

use std::time::Duration;

use rustapi_rs::ApiError;
use sqlx::error::ErrorKind;

/// Why an operation failed. The driver's own text is for logs only.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There are no tables yet.
    #[error("the database is not prepared yet")]
    NotPrepared,
    /// The time was up before the operation was done.
    #[error("the database did not answer within {0:?}")]
    TimedOut(Duration),
    /// The database cannot be reached, went away during the operation, or is too busy.
    #[error("the database cannot be reached")]
    Unavailable(#[source] sqlx::Error),
    /// A unique value exists already.
    #[error("the value exists already")]
    Conflict(#[source] sqlx::Error),
    /// Everything else: a mistake in the service or in its data.
    #[error("the database refused the operation")]
    Other(#[source] sqlx::Error),
}

impl Error {
    /// Whether the same operation may succeed later.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::NotPrepared | Self::TimedOut(_) | Self::Unavailable(_))
    }

    /// The error with the driver's own text, for logs.
    pub fn with_cause(&self) -> String {
        match self {
            Self::NotPrepared | Self::TimedOut(_) => self.to_string(),
            Self::Unavailable(cause) | Self::Conflict(cause) | Self::Other(cause) => {
                format!("{self}: {cause}")
            }
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as Cause;
        match &error {
            Cause::Io(_) | Cause::Tls(_) | Cause::Protocol(_) | Cause::BeginFailed => Self::Unavailable(error),
            Cause::PoolTimedOut | Cause::PoolClosed | Cause::WorkerCrashed => Self::Unavailable(error),
            Cause::Database(cause) if cause.kind() == ErrorKind::UniqueViolation => Self::Conflict(error),
            Cause::Database(cause) if cause.code().is_some_and(|code| is_outage(&code)) => Self::Unavailable(error),
            _ => Self::Other(error),
        }
    }
}

/// 503, 409 or 500. RustAPI logs the internal part, once, with the id that the caller sees.
impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let api_error = match &error {
            Error::NotPrepared | Error::TimedOut(_) | Error::Unavailable(_) => {
                Self::service_unavailable("The database is not available now, try again later")
            }
            Error::Conflict(_) => Self::conflict("The value exists already"),
            Error::Other(_) => Self::internal("An internal error occurred"),
        };
        api_error.with_internal(error.with_cause())
    }
}

/// SQLSTATEs have five characters, SQLite's codes are numbers of up to four digits.
fn is_outage(code: &str) -> bool {
    match code.parse::<u32>() {
        Ok(number) if code.len() < 5 => is_sqlite_outage(number),
        _ => is_postgres_outage(code),
    }
}

/// The low byte is the kind: busy, locked, read-only, input or output, full, cannot open.
fn is_sqlite_outage(code: u32) -> bool {
    matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14)
}

/// Whole classes: connection (08), resources (53), operator (57), system (58), authorization (28). And single states:
/// no such database, read-only after a failover, serialization failure, deadlock.
fn is_postgres_outage(state: &str) -> bool {
    let class = state.get(..2).unwrap_or_default();
    matches!(class, "08" | "53" | "57" | "58" | "28") || matches!(state, "3D000" | "25006" | "40001" | "40P01")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_that_pass_are_outages() {
        for code in
            ["5", "6", "261", "517", "773", "10", "522", "13", "14", "08006", "57P01", "57P03", "53300", "40P01"]
        {
            assert!(is_outage(code), "{code}");
        }
        for code in ["1", "19", "2067", "1555", "787", "23505", "42P01", "22021", "42601", ""] {
            assert!(!is_outage(code), "{code}");
        }
    }

    #[test]
    fn the_callers_text_names_no_cause() {
        let cause = || sqlx::Error::Protocol("secret host 10.0.0.7".to_owned());
        for error in [Error::NotPrepared, cause().into(), Error::Conflict(cause()), Error::Other(cause())] {
            let answer = ApiError::from(error);
            assert!(!answer.message.contains("secret"), "{answer}");
        }
        assert_eq!(ApiError::from(Error::from(sqlx::Error::PoolTimedOut)).status, 503);
    }
}
