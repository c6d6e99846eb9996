//! Finds out which path parameters a type takes, for the OpenAPI document.
//!
//! A derived `Deserialize` asks its deserializer for each field by name and type. This one writes the questions down and
//! answers with zeros and empty text. A type that refuses such an answer ends the asking: what comes after it is documented
//! as text.

use rustapi_openapi::{Parameter, SchemaRef};
use serde::de::value::{Error, StrDeserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Value, json};

/// A struct's parameters carry its field names. A tuple's carry their position, `0`, `1`, ...: it does not know the route.
pub(crate) fn parameters<T: DeserializeOwned>() -> Vec<Parameter> {
    let mut found = Vec::new();
    // The answer may be an error: what counts is what was asked.
    let _ = T::deserialize(Probe { found: &mut found });
    found.into_iter().map(|(name, schema)| path_parameter(name, schema)).collect()
}

pub(crate) fn path_parameter(name: String, schema: Value) -> Parameter {
    Parameter {
        name,
        location: "path".to_owned(),
        description: None,
        required: true,
        deprecated: None,
        schema: Some(SchemaRef::Inline(schema)),
    }
}

/// The whole path.
struct Probe<'a> {
    found: &'a mut Vec<(String, Value)>,
}

impl<'a> Probe<'a> {
    fn expect(self, names: impl Iterator<Item = String>) -> Questions<'a> {
        self.found.extend(names.map(|name| (name, json!({ "type": "string" }))));
        Questions { found: self.found, next: 0 }
    }
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_map(self.expect(fields.iter().map(|field| (*field).to_owned())))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self.expect((0..length).map(|position| position.to_string())))
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
        seq map enum identifier ignored_any
    }
}

/// The parameters, asked for one after the other.
struct Questions<'a> {
    found: &'a mut Vec<(String, Value)>,
    next: usize,
}

impl Questions<'_> {
    fn answer<'de, S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let schema = &mut self.found[self.next].1;
        self.next += 1;
        seed.deserialize(Question { schema })
    }
}

impl<'de> SeqAccess<'de> for Questions<'_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if self.next == self.found.len() {
            return Ok(None);
        }
        self.answer(seed).map(Some)
    }
}

impl<'de> MapAccess<'de> for Questions<'_> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let Some((name, _)) = self.found.get(self.next) else { return Ok(None) };
        let name: StrDeserializer<'_, Error> = name.as_str().into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        self.answer(seed)
    }
}

/// One parameter.
struct Question<'a> {
    schema: &'a mut Value,
}

macro_rules! answers {
    ($($deserialize:ident $visit:ident $answer:literal $schema:tt,)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            *self.schema = json!($schema);
            visitor.$visit($answer)
        }
    )*};
}

impl<'de> Deserializer<'de> for Question<'_> {
    type Error = Error;

    answers! {
        deserialize_bool visit_bool false { "type": "boolean" },
        deserialize_i8 visit_i8 0 { "type": "integer", "format": "int8" },
        deserialize_i16 visit_i16 0 { "type": "integer", "format": "int16" },
        deserialize_i32 visit_i32 0 { "type": "integer", "format": "int32" },
        deserialize_i64 visit_i64 0 { "type": "integer", "format": "int64" },
        deserialize_i128 visit_i128 0 { "type": "integer" },
        deserialize_u8 visit_u8 0 { "type": "integer", "format": "uint8" },
        deserialize_u16 visit_u16 0 { "type": "integer", "format": "uint16" },
        deserialize_u32 visit_u32 0 { "type": "integer", "format": "uint32" },
        deserialize_u64 visit_u64 0 { "type": "integer", "format": "uint64" },
        deserialize_u128 visit_u128 0 { "type": "integer" },
        deserialize_f32 visit_f32 0.0 { "type": "number", "format": "float" },
        deserialize_f64 visit_f64 0.0 { "type": "number", "format": "double" },
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str("")
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
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        *self.schema = json!({ "type": "string", "enum": variants });
        visitor.visit_enum(variants.first().copied().unwrap_or_default().into_deserializer())
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
