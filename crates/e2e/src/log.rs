//! What a process printed: kept line by line, searchable by field.

use std::{
    io::{BufRead, BufReader, Read},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::wait::eventually;

/// The lines of one process, stdout and stderr in the order in which they were read.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Lines>);

#[derive(Debug, Default)]
struct Lines {
    text: Mutex<Vec<String>>,
    open_streams: AtomicUsize,
}

impl Log {
    /// Keeps what `stream` says until it ends. On a thread of its own: a test that blocks must not fill the pipe, because a
    /// process that cannot write its log stands still.
    pub(crate) fn follow(&self, stream: impl Read + Send + 'static) {
        let log = self.clone();
        log.0.open_streams.fetch_add(1, Ordering::AcqRel);
        thread::spawn(move || {
            for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                log.lock().push(String::from_utf8_lossy(&line).into_owned());
            }
            log.0.open_streams.fetch_sub(1, Ordering::AcqRel);
        });
    }

    /// Waits for the last line of a process that has ended. Gives up after a moment: a grandchild may hold the stream open.
    pub(crate) async fn complete(&self) {
        let ended = eventually(Duration::from_secs(1), "the streams end", async || {
            ensure!(self.0.open_streams.load(Ordering::Acquire) == 0);
            Ok(())
        });
        let _ = ended.await;
    }

    /// The number of lines so far: pass it to [`Log::since`] to see only what came later.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether nothing was printed yet.
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// The whole text from line `start` on.
    pub fn text_since(&self, start: usize) -> String {
        self.lock()[start..].join("\n")
    }

    /// The whole text.
    pub fn text(&self) -> String {
        self.text_since(0)
    }

    /// The JSON lines, starting with line `start`. Lines that are no JSON are left out.
    pub fn since(&self, start: usize) -> Vec<Value> {
        self.lock()[start..].iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The JSON lines whose field has this value, for example `find("trace_id", "4bf9...")`.
    pub fn find(&self, field: &str, value: impl Into<Value>) -> Vec<Value> {
        let value = value.into();
        self.since(0).into_iter().filter(|line| line[field] == value).collect()
    }

    /// The first JSON line from line `start` on that has this message.
    pub fn message(&self, start: usize, message: &str) -> Option<Value> {
        let lines = self.lock();
        let mut mentions = lines[start..].iter().filter(|line| line.contains(message));
        mentions.find_map(|line| serde_json::from_str::<Value>(line).ok().filter(|line| line["message"] == message))
    }

    /// Waits for the first JSON line from line `start` on that has this message.
    ///
    /// # Errors
    /// When it does not come within `deadline`.
    pub async fn wait_for(&self, start: usize, message: &str, deadline: Duration) -> anyhow::Result<Value> {
        let what = format!("a log line with the message {message:?}");
        eventually(deadline, &what, async || self.message(start, message).context("not among the lines")).await
    }

    /// The last lines, for messages about something that failed.
    pub fn tail(&self) -> String {
        const LINES: usize = 20;
        let lines = self.lock();
        lines[lines.len().saturating_sub(LINES)..].join("\n")
    }

    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.text.lock().expect("no holder of the lines panics")
    }
}
