//! The one writer to standard output: lines gather in a buffer that a thread writes out in batches.
//!
//! A `write` call a line costs more than the request it reports (a wake-up and a system call); 50 ms of delay
//! or 64 KiB, whatever comes first, costs nothing. When nobody reads standard output, lines beyond 4 MiB are
//! dropped and counted in `log_lines_dropped_total`: a stuck reader must not stop the service.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const FLUSH_AFTER: Duration = Duration::from_millis(50);
const FLUSH_AT_BYTES: usize = 64 * 1024;
const LIMIT_BYTES: usize = 4 * 1024 * 1024;

/// A shared, buffered, bounded writer.
#[derive(Clone)]
pub struct Sink(Arc<Shared>);

struct Shared {
    buffer: Mutex<Vec<u8>>,
    /// Signalled when the buffer stops being empty, and when it is large.
    filled: Condvar,
    out: Mutex<Out>,
}

struct Out {
    to: Box<dyn Write + Send>,
    /// Takes turns with the buffer that is filled, so that neither grows anew for each batch.
    batch: Vec<u8>,
}

impl Sink {
    /// A sink to standard output.
    #[must_use]
    pub fn stdout() -> Self {
        Self::to(io::stdout())
    }

    /// A sink to anything that takes bytes.
    #[must_use]
    pub fn to(out: impl Write + Send + 'static) -> Self {
        let out = Mutex::new(Out { to: Box::new(out), batch: Vec::new() });
        let sink = Self(Arc::new(Shared { buffer: Mutex::default(), filled: Condvar::new(), out }));
        let writer = sink.clone();
        std::thread::Builder::new()
            .name("log-writer".to_owned())
            .spawn(move || writer.run())
            .expect("a thread can be started at process start");
        sink
    }

    /// Adds a line. Returns at once.
    pub fn write(&self, line: &[u8]) {
        let mut buffer = self.buffer();
        if buffer.len() + line.len() > LIMIT_BYTES {
            metrics::counter!("log_lines_dropped_total").increment(1);
            return;
        }
        let before = buffer.len();
        buffer.extend_from_slice(line);
        if before == 0 || (before < FLUSH_AT_BYTES && buffer.len() >= FLUSH_AT_BYTES) {
            self.0.filled.notify_one();
        }
    }

    /// Writes out all that has gathered.
    pub fn flush(&self) {
        let mut out = self.0.out.lock().unwrap_or_else(PoisonError::into_inner);
        let Out { to, batch } = &mut *out;
        std::mem::swap(batch, &mut *self.buffer());
        // A closed standard output is no reason to fail: the process serves requests, not its log.
        let _ = to.write_all(batch).and_then(|()| to.flush());
        batch.clear();
        // What gathered while nobody read need not stay.
        batch.shrink_to(2 * FLUSH_AT_BYTES);
    }

    fn run(&self) {
        loop {
            let empty = self.0.filled.wait_while(self.buffer(), |buffer| buffer.is_empty());
            let waiting = empty.unwrap_or_else(PoisonError::into_inner);
            let small = |buffer: &mut Vec<u8>| buffer.len() < FLUSH_AT_BYTES;
            drop(self.0.filled.wait_timeout_while(waiting, FLUSH_AFTER, small));
            self.flush();
        }
    }

    fn buffer(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Sink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sink")
    }
}
