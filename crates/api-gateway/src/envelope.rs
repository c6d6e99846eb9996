//! The shape of a proxied answer: `{"service":"user-service","data":<what the service said>}`.

use bytes::{BufMut, Bytes, BytesMut};
use serde::de::IgnoredAny;

/// The service's answer was no JSON.
#[derive(Debug, thiserror::Error)]
#[error("the body is no JSON")]
pub struct NotJson;

/// Puts `data` into the envelope byte for byte. It is read to the end, because a cut answer must not become a
/// good one, but no value is built from it.
///
/// # Errors
/// `data` is not exactly one JSON value in UTF-8.
pub fn wrap(service: &str, data: &[u8]) -> Result<Bytes, NotJson> {
    // serde_json does not look at the encoding of what it ignores.
    let text = std::str::from_utf8(data).map_err(|_| NotJson)?;
    serde_json::from_str::<IgnoredAny>(text).map_err(|_| NotJson)?;
    let mut envelope = BytesMut::with_capacity(data.len() + service.len() + 24);
    envelope.put_slice(br#"{"service":""#);
    envelope.put_slice(service.as_bytes());
    envelope.put_slice(br#"","data":"#);
    envelope.put_slice(data);
    envelope.put_slice(b"}");
    Ok(envelope.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_is_passed_byte_for_byte() {
        for data in ["{ \"b\":1e2,  \"a\":9007199254740993 }\n", "[]", "null", "\"\\u00e9\u{e9}\""] {
            let wrapped = wrap("user-service", data.as_bytes()).expect("JSON");
            assert_eq!(wrapped, format!(r#"{{"service":"user-service","data":{data}}}"#));
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        let cases: [&[u8]; 6] = [b"", b"{\"a\":1", b"<html>", b"{}{}", b"{\"a\":1}},\"x\":{", b"\"\xff\""];
        for data in cases {
            assert!(wrap("user-service", data).is_err(), "{data:?}");
        }
    }
}
