//! How many requests may be served at a time? Those beyond are refused at once, so that a crowd costs neither memory nor
//! the patience of those who are let in.
//!
//! The sidecar limits what one caller sends; only the process knows what all of them together are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The requests that are being served. A clone is the same crowd.
#[derive(Clone, Debug)]
pub struct Crowd(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    present: AtomicUsize,
    limit: usize,
}

/// A request's place, given back when this is dropped.
#[derive(Debug)]
pub struct Place(Arc<Inner>);

impl Crowd {
    /// A crowd of at most `limit`.
    #[must_use]
    pub fn of(limit: usize) -> Self {
        Self(Arc::new(Inner { present: AtomicUsize::new(0), limit }))
    }

    /// A place, if one is free.
    #[must_use]
    pub fn enter(&self) -> Option<Place> {
        let place = Place(Arc::clone(&self.0));
        (self.0.present.fetch_add(1, Ordering::Relaxed) < self.0.limit).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.present.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_request_ends() {
        let crowd = Crowd::of(2);
        let (first, second) = (crowd.enter(), crowd.enter());
        assert!(first.is_some() && second.is_some());
        assert!(crowd.enter().is_none() && crowd.enter().is_none(), "who is refused takes no place");
        drop(first);
        let third = crowd.enter();
        assert!(third.is_some() && crowd.enter().is_none());
    }
}
