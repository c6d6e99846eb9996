//! Lists in pieces.

use std::borrow::Cow;

use rustapi_openapi::schema::{RustApiSchema, SchemaCtx, SchemaRef};
use rustapi_rs::ApiError;
use serde::{Deserialize, Serialize};

use crate::schema;

/// A piece of a list, in order of id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// At most as many as `?limit=` asked for.
    pub items: Vec<T>,
    /// Pass as `?after=` to get the next piece; null at the end.
    pub next: Option<i64>,
}

/// How many items a page may hold, from `?limit=`: 20 unless asked for.
///
/// # Errors
/// 400 outside 1 to 100.
pub fn limit(asked: Option<i64>) -> Result<i64, ApiError> {
    match asked.unwrap_or(20) {
        limit @ 1..=100 => Ok(limit),
        other => Err(ApiError::bad_request(format!("limit must be 1 to 100, not {other}"))),
    }
}

impl<T> Page<T> {
    /// From one row more than the page holds: the surplus only tells that there is a next page.
    pub fn from_surplus(mut items: Vec<T>, limit: i64, id: impl Fn(&T) -> i64) -> Self {
        let limit = usize::try_from(limit).unwrap_or_default();
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(id);
        Self { items, next }
    }
}

impl<T: RustApiSchema> RustApiSchema for Page<T> {
    fn schema(ctx: &mut SchemaCtx) -> SchemaRef {
        schema::component::<Self>(ctx, |ctx| {
            let properties = vec![("items", schema::of::<Vec<T>>(ctx)), ("next", schema::of::<Option<i64>>(ctx))];
            schema::object(properties, &["items", "next"])
        })
    }

    fn name() -> Cow<'static, str> {
        format!("Page_{}", T::name()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_out_of_range_is_answered_with_the_range() {
        for (asked, expected) in [(None, Ok(20)), (Some(1), Ok(1)), (Some(100), Ok(100))] {
            assert_eq!(limit(asked).map_err(|error| error.message), expected);
        }
        for asked in [0, -1, 101, i64::MAX] {
            let error = limit(Some(asked)).expect_err("out of range");
            assert!(error.status == 400 && error.message.contains("1 to 100"), "{error}");
        }
    }

    #[test]
    fn only_a_surplus_row_promises_a_next_page() {
        for (rows, limit, items, next) in [(0, 2, 0, None), (1, 2, 1, None), (2, 2, 2, None), (3, 2, 2, Some(2))] {
            let page = Page::from_surplus((1..=rows).collect(), limit, |&id| id);
            assert_eq!((page.items.len(), page.next), (items, next), "{rows} rows, limit {limit}");
        }
    }
}
