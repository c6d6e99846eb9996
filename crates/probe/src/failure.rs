//! Why a request got no whole answer.

use std::{
    error::Error as StdError,
    fmt::{self, Display, Formatter},
    io::{self, ErrorKind},
};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A request without a whole answer.
#[derive(Clone, Debug, Error)]
#[error("{cause}: {detail}")]
pub struct Failure {
    /// What to count it under.
    pub cause: Cause,
    /// What the operating system or the protocol said.
    pub detail: String,
}

/// The kinds of failure.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The name has no address.
    Unresolved,
    /// Nobody listens on the port.
    Refused,
    /// The connection could not be made for another reason, such as no route.
    Connect,
    /// The connection or the stream was reset.
    Reset,
    /// The connection ended in good order, but before the answer did.
    ClosedEarly,
    /// No whole answer in time.
    Timeout,
    /// What came is not HTTP.
    Invalid,
    /// In an open loop: it was due, but there was no free connection for it in time, or too many were already waiting.
    Late,
}

impl Failure {
    pub(crate) fn new(cause: Cause, detail: impl Into<String>) -> Self {
        Self { cause, detail: detail.into() }
    }

    pub(crate) fn connecting(error: &io::Error) -> Self {
        let cause = match error.kind() {
            ErrorKind::ConnectionRefused => Cause::Refused,
            ErrorKind::TimedOut => Cause::Timeout,
            ErrorKind::ConnectionReset => Cause::Reset,
            _ => Cause::Connect,
        };
        Self::new(cause, format!("connect: {error}"))
    }

    pub(crate) fn exchanging(error: &hyper::Error) -> Self {
        Self::new(classify(error), chain(error))
    }
}

impl Display for Cause {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unresolved => "unresolved",
            Self::Refused => "refused",
            Self::Connect => "connect",
            Self::Reset => "reset",
            Self::ClosedEarly => "closed-early",
            Self::Timeout => "timeout",
            Self::Invalid => "invalid",
            Self::Late => "late",
        })
    }
}

fn classify(error: &hyper::Error) -> Cause {
    let specific = causes(error).find_map(|cause| match cause.downcast_ref::<h2::Error>() {
        Some(stream) => of_stream(stream),
        None => cause.downcast_ref::<io::Error>().and_then(of_io),
    });
    match specific {
        Some(cause) => cause,
        None if error.is_parse() => Cause::Invalid,
        None => Cause::ClosedEarly,
    }
}

fn of_stream(error: &h2::Error) -> Option<Cause> {
    match error.get_io() {
        Some(io) => of_io(io),
        None if error.is_remote() => Some(Cause::Reset),
        None => Some(Cause::Invalid),
    }
}

fn of_io(error: &io::Error) -> Option<Cause> {
    match error.kind() {
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => Some(Cause::Reset),
        ErrorKind::InvalidData | ErrorKind::InvalidInput => Some(Cause::Invalid),
        ErrorKind::UnexpectedEof => Some(Cause::ClosedEarly),
        ErrorKind::TimedOut => Some(Cause::Timeout),
        _ => None,
    }
}

fn chain(error: &hyper::Error) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn causes(error: &hyper::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(Some(error as &(dyn StdError + 'static)), |cause| (*cause).source())
}
