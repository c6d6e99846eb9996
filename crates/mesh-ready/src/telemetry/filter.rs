//! What gets past: the events that `RUST_LOG` asks for, and the spans of recorded requests.
//!
//! One filter in front of all layers rather than one a layer. tracing-subscriber keeps the verdicts of filters by
//! layer in the thread, and a bare question ("is this enabled?", as database drivers ask it) leaves its verdict there
//! for the next span, which is then lost.

use std::sync::{Arc, PoisonError, RwLock};

use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer};

use crate::trace;
use crate::values::log_filter;

/// The filter in force; a clone is the same filter.
#[derive(Clone, Debug)]
pub struct LogFilter(Arc<RwLock<Targets>>);

impl LogFilter {
    /// A filter such as `info` or `warn,mesh_ready=debug`.
    ///
    /// # Errors
    /// A text that says what would be right.
    pub fn new(text: &str) -> Result<Self, String> {
        Ok(Self(Arc::new(RwLock::new(log_filter(text)?))))
    }

    /// The filter in force.
    #[must_use]
    pub fn current(&self) -> String {
        self.0.read().unwrap_or_else(PoisonError::into_inner).to_string()
    }

    /// Replaces the filter.
    ///
    /// # Errors
    /// A text that says what would be right.
    pub fn set(&self, text: &str) -> Result<(), String> {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = log_filter(text)?;
        tracing::callsite::rebuild_interest_cache();
        Ok(())
    }

    fn admits(&self, metadata: &Metadata<'_>) -> bool {
        if metadata.is_span() {
            // The exporter's own HTTP/2 spans would be exported, and export themselves again.
            return metadata.target() == trace::TARGET;
        }
        let targets = self.0.read().unwrap_or_else(PoisonError::into_inner);
        targets.would_enable(metadata.target(), metadata.level())
    }
}

impl<S: Subscriber> Layer<S> for LogFilter {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.admits(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.admits(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let targets = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let events = Layer::<S>::max_level_hint(&*targets).unwrap_or(LevelFilter::TRACE);
        // Spans of requests are made at this level.
        Some(events.max(LevelFilter::INFO))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Names(Arc<Mutex<Vec<String>>>);

    impl<S: Subscriber> Layer<S> for Names {
        fn on_new_span(&self, attributes: &tracing::span::Attributes<'_>, _: &tracing::Id, _: Context<'_, S>) {
            self.0.lock().expect("not poisoned").push(attributes.metadata().name().to_owned());
        }
    }

    #[test]
    fn a_span_is_kept_whatever_was_asked_before_it() {
        let names = Names::default();
        let filter = LogFilter::new("info").expect("a filter");
        tracing::subscriber::with_default(tracing_subscriber::registry().with(filter).with(names.clone()), || {
            for _ in 0..2 {
                assert!(!tracing::enabled!(target: "driver::query", tracing::Level::DEBUG));
                let _kept = tracing::info_span!(target: trace::TARGET, "kept");
                let _lost = tracing::info_span!(target: "h2", "lost");
            }
        });
        assert_eq!(*names.0.lock().expect("not poisoned"), ["kept", "kept"]);
    }

    #[test]
    fn a_filter_can_be_replaced_by_a_right_one() {
        let filter = LogFilter::new("info").expect("a filter");
        filter.set("warn,mesh_ready=debug").expect("a filter");
        assert!(filter.current().contains("mesh_ready=debug"), "{}", filter.current());
        assert!(filter.set("loud").expect_err("no level").contains("info"));
    }
}
