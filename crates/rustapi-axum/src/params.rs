//! The extractor for several typed path parameters.

use std::fmt;

use http::StatusCode;
use rustapi_core::{ApiError, FromRequestParts, PathParams, Request};
use rustapi_openapi::{Operation, OperationModifier};
use serde::Deserializer;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeOwned, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use crate::probe;

/// All path parameters of a route, typed: a tuple takes them in the order of the path, a struct by name.
///
/// A value of the wrong type is answered 400, naming the parameter and what is right. A `T` that does not fit the route's
/// parameters is a mistake in the program: 500, and the log says which.
///
/// RustAPI's `Path<T>` always gives the first parameter, and its `Typed<T>` takes text only. For one parameter `Path<T>` is
/// enough.
#[derive(Debug, Clone, Copy)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts for Params<T> {
    fn from_request_parts(request: &Request) -> Result<Self, ApiError> {
        T::deserialize(Path { params: request.path_params() }).map(Params).map_err(ApiError::from)
    }
}

impl<T: DeserializeOwned> OperationModifier for Params<T> {
    fn update_operation(operation: &mut Operation) {
        operation.parameters.extend(probe::parameters::<T>());
    }
}

/// Why path parameters are not a `T`.
#[derive(Debug)]
enum Error {
    /// The caller sent a wrong value.
    Value(String),
    /// The handler asks for something that the route does not have.
    Route(String),
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Value(message) => ApiError::bad_request(message),
            Error::Route(message) => {
                ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", format!("`Params`: {message}"))
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Value(message) | Self::Route(message)) = self;
        formatter.write_str(message)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Value(format!("A path parameter is wrong: {message}"))
    }

    fn invalid_type(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::Route(format!("the handler takes {expected}, not {unexpected}"))
    }

    fn invalid_length(length: usize, expected: &dyn de::Expected) -> Self {
        Self::Route(format!("the route has {length} parameters, the handler takes {expected}"))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Route(format!("the route has no parameter `{field}`"))
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::Route(format!("the handler takes no parameter `{field}`"))
    }
}

#[derive(Clone, Copy)]
struct Path<'de> {
    params: &'de PathParams,
}

impl<'de> Path<'de> {
    fn values(self) -> impl Iterator<Item = Value<'de>> {
        self.params.iter().map(|(name, text)| Value { name, text })
    }
}

impl<'de> Deserializer<'de> for Path<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(MapDeserializer::new(self.values().map(|value| (value.name, value))))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(SeqDeserializer::new(self.values()))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        if length != self.params.len() {
            return Err(de::Error::invalid_length(self.params.len(), &format!("{length}").as_str()));
        }
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        map struct enum identifier ignored_any
    }
}

/// One parameter: text that is parsed when the handler's type says as what.
#[derive(Clone, Copy)]
struct Value<'de> {
    name: &'de str,
    text: &'de str,
}

impl Value<'_> {
    fn parse<T: std::str::FromStr>(self, right: impl fmt::Display) -> Result<T, Error> {
        let wrong = |_| Error::Value(format!("Path parameter `{}` must be {right}", self.name));
        self.text.parse().map_err(wrong)
    }
}

impl<'de> IntoDeserializer<'de, Error> for Value<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! integers {
    ($($deserialize:ident $visit:ident $type:ty,)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(self.parse(format_args!("an integer from {} to {}", <$type>::MIN, <$type>::MAX))?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = Error;

    integers! {
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64, deserialize_i128 visit_i128 i128,
        deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64, deserialize_u128 visit_u128 u128,
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_f32(self.parse("a number, such as 1.5")?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_f64(self.parse("a number, such as 1.5")?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(self.parse("true or false")?)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.text)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self.text.into_deserializer())
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
