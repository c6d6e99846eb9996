//! HTTP/2 frame by frame, for requests that no client library would send.
//!
//! Only as much as it takes to send one header block and to learn what came of it; fields are written literally, without
//! Huffman coding (RFC 9113 section 6, RFC 7541 section 6.2.2).

use std::net::SocketAddr;

use anyhow::Context;

use crate::raw::Raw;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// What a server makes of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// It answers.
    Status(u16),
    /// It refuses the stream and keeps the connection.
    Reset,
    /// It refuses the connection.
    GoAway,
    /// It closes without a word.
    Closed,
}

/// Opens a connection, sends one request with these fields, and waits for what comes of it.
///
/// # Errors
/// When nobody accepts, or an answer has no status that can be read.
pub fn request(addr: SocketAddr, fields: &[(&[u8], &[u8])], body: Option<&[u8]>) -> anyhow::Result<Outcome> {
    let mut raw = Raw::open(addr)?;
    raw.send(PREFACE)?;
    raw.send(&frame(SETTINGS, 0, 0, &[]))?;
    for frame in header_frames(&block(fields), body.is_none()) {
        raw.send(&frame)?;
    }
    if let Some(body) = body {
        raw.send(&frame(DATA, END_STREAM, 1, body))?;
    }
    outcome(&mut raw)
}

fn outcome(raw: &mut Raw) -> anyhow::Result<Outcome> {
    loop {
        let Ok(head) = raw.take(9) else { return Ok(Outcome::Closed) };
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        let Ok(payload) = raw.take(length) else { return Ok(Outcome::Closed) };
        match head[3] {
            HEADERS => return status(&payload).map(Outcome::Status).context("an answer without a readable status"),
            RST_STREAM => return Ok(Outcome::Reset),
            GOAWAY => return Ok(Outcome::GoAway),
            _ => {}
        }
    }
}

/// A block in as many frames of at most 16 KiB as it needs.
fn header_frames(block: &[u8], ends_stream: bool) -> Vec<Vec<u8>> {
    let chunks: Vec<&[u8]> = block.chunks(16 * 1024).collect();
    let last = chunks.len().saturating_sub(1);
    let frames = chunks.iter().enumerate().map(|(index, chunk)| {
        let kind = if index == 0 { HEADERS } else { CONTINUATION };
        let end_stream = if index == 0 && ends_stream { END_STREAM } else { 0 };
        let end_headers = if index == last { END_HEADERS } else { 0 };
        frame(kind, end_stream | end_headers, 1, chunk)
    });
    frames.collect()
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame is small").to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

fn block(fields: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        text(&mut block, name);
        text(&mut block, value);
    }
    block
}

fn text(block: &mut Vec<u8>, text: &[u8]) {
    const PREFIX: usize = 127;
    if text.len() < PREFIX {
        block.push(u8::try_from(text.len()).expect("it is below 127"));
    } else {
        block.push(127);
        let mut rest = text.len() - PREFIX;
        while rest >= 128 {
            block.push(u8::try_from(rest % 128).expect("it is below 128") | 128);
            rest /= 128;
        }
        block.push(u8::try_from(rest).expect("it is below 128"));
    }
    block.extend(text);
}

/// The status is the first field: seven of them are in the static table, the others are a literal with an indexed name.
fn status(block: &[u8]) -> Option<u16> {
    match block {
        [field @ 0x88..=0x8e, ..] => Some([200, 204, 206, 304, 400, 404, 500][usize::from(field - 0x88)]),
        [_, length, digits @ ..] if length & 0x80 == 0 => std::str::from_utf8(digits.get(..3)?).ok()?.parse().ok(),
        [_, length, digits @ ..] => huffman_digits(digits.get(..usize::from(length & 0x7f))?),
        _ => None,
    }
}

/// Three digits in the code of RFC 7541 appendix B: 0, 1 and 2 have five bits, the others six.
fn huffman_digits(bytes: &[u8]) -> Option<u16> {
    let mut bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| u16::from(byte >> bit & 1)));
    let mut number = 0;
    for _ in 0..3 {
        let five = (0..5).try_fold(0, |code, _| Some(code << 1 | bits.next()?))?;
        let digit = if five <= 2 { five } else { (five << 1 | bits.next()?).checked_sub(0b011001)? + 3 };
        number = number * 10 + digit;
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use crate::fake;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn every_status_is_read() {
        let addr = fake::serve(|path| path[1..].parse().ok()).await;
        for status in [200, 204, 400, 404, 405, 413, 415, 422, 431, 500, 503] {
            let path = format!("/{status}");
            let fields: [(&[u8], &[u8]); 4] =
                [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"a"), (b":path", path.as_bytes())];
            assert_eq!(request(addr, &fields, None).expect("an outcome"), Outcome::Status(status));
        }
    }
}
