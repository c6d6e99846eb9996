//! `{n}` in what is sent stands for the number of the request, counted from 0.

use std::borrow::Cow;

use http::HeaderValue;

const NUMBER: &str = "{n}";

pub(crate) fn text(template: &str, n: u64) -> Cow<'_, str> {
    if template.contains(NUMBER) { Cow::Owned(template.replace(NUMBER, &n.to_string())) } else { template.into() }
}

pub(crate) fn header(template: &HeaderValue, n: u64) -> HeaderValue {
    match template.to_str().map(|value| text(value, n)) {
        Ok(Cow::Owned(value)) => HeaderValue::try_from(value).expect("digits keep a header value valid"),
        _ => template.clone(),
    }
}
