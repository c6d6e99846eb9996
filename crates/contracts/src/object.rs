//! A body that should be an object is one: serde's derived structs also take a list of their fields' values.
//!
//! `["Ada","ada@example.com"]` would be a user, and a field added in the middle would silently shift all others.

/// Implements `Deserialize` for structs that derive it with `#[serde(remote = "Self")]`, from objects only.
macro_rules! only_objects {
    ($($name:ident),+ $(,)?) => {$(
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Object;

                impl<'de> serde::de::Visitor<'de> for Object {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("an object with the fields of ", stringify!($name)))
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<$name, A::Error> {
                        $name::deserialize(serde::de::value::MapAccessDeserializer::new(map))
                    }
                }

                deserializer.deserialize_map(Object)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $name::serialize(self, serializer)
            }
        }
    )+};
}

pub(crate) use only_objects;

#[cfg(test)]
mod tests {
    use crate::{NewOrder, NewUser, UserPatch};

    #[test]
    fn a_list_is_no_object_at_any_depth() {
        let line = r#"{"sku":"TEA","quantity":1,"unit_price":{"amount_minor":1,"currency":"EUR"}}"#;
        let order = |line: &str| format!(r#"{{"user_id":1,"lines":[{line}]}}"#);
        assert!(serde_json::from_str::<NewOrder>(&order(line)).is_ok());
        for wrong in [
            format!("[1,[{line}]]"),
            order(r#"["TEA",1,[1,"EUR"]]"#),
            order(&line.replace("{\"amount_minor\":1,\"currency\":\"EUR\"}", "[1,\"EUR\"]")),
        ] {
            let error = serde_json::from_str::<NewOrder>(&wrong).expect_err(&wrong).to_string();
            assert!(error.contains("expected an object with the fields of"), "{wrong}: {error}");
        }
        assert!(serde_json::from_str::<NewUser>(r#"["Ada","ada@example.com"]"#).is_err());
        assert!(serde_json::from_str::<UserPatch>("[null,null]").is_err());
    }
}
