//! Users: as shown, as created or replaced, and as changed in part.

use rustapi_rs::{ApiError, Schema, Validatable};
use serde::{Deserialize, Serialize};

use crate::object::only_objects;
use crate::rules::Rules;

/// A user as user-service shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Schema)]
pub struct User {
    /// Positive, dense, in order of creation.
    pub id: i64,
    /// 1 to 100 characters.
    pub name: String,
    /// Unique without regard to case.
    pub email: String,
    /// RFC 3339, UTC, milliseconds.
    pub created_at: String,
}

/// The body that creates a user, or replaces all of one that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct NewUser {
    /// 1 to 100 characters, not all blank.
    pub name: String,
    /// An address such as `ada@example.com`, at most 254 characters.
    pub email: String,
}

/// The body that changes a part of a user; a field that is absent or null stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct UserPatch {
    /// As in [`NewUser`].
    pub name: Option<String>,
    /// As in [`NewUser`].
    pub email: Option<String>,
}

only_objects!(NewUser, UserPatch);

impl Validatable for NewUser {
    fn do_validate(&self) -> Result<(), ApiError> {
        let mut rules = Rules::default();
        rules.name("name", &self.name);
        rules.email("email", &self.email);
        rules.verdict()
    }
}

impl Validatable for UserPatch {
    fn do_validate(&self) -> Result<(), ApiError> {
        let mut rules = Rules::default();
        if let Some(name) = &self.name {
            rules.name("name", name);
        }
        if let Some(email) = &self.email {
            rules.email("email", email);
        }
        rules.verdict()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken_fields(name: &str, email: &str) -> Vec<String> {
        let user = NewUser { name: name.to_owned(), email: email.to_owned() };
        let patch = UserPatch { name: Some(user.name.clone()), email: Some(user.email.clone()) };
        let names = |verdict: Result<(), ApiError>| -> Vec<String> {
            let fields = verdict.err().and_then(|error| error.fields).unwrap_or_default();
            fields.into_iter().map(|field| field.field).collect()
        };
        assert_eq!(names(user.do_validate()), names(patch.do_validate()), "a patch obeys the same rules");
        names(user.do_validate())
    }

    #[test]
    fn a_user_needs_a_name_and_an_address() {
        let long_name = "n".repeat(101);
        let long_email = format!("{}@{}.example.com", "l".repeat(64), "d.".repeat(100));
        let cases: &[(&str, &str, &[&str])] = &[
            ("Ada", "ada@example.com", &[]),
            (&long_name[..100], "a.b+c@sub.example.co", &[]),
            ("", "ada@example.com", &["name"]),
            (" \u{3000}\t", "ada@example.com", &["name"]),
            ("a\0b", "ada@example.com", &["name"]),
            (&long_name, "ada@example.com", &["name"]),
            ("Ada", "", &["email"]),
            ("Ada", "ada", &["email"]),
            ("Ada", "ada@", &["email"]),
            ("Ada", "@example.com", &["email"]),
            ("Ada", "ada@example", &["email"]),
            ("Ada", "ada@@example.com", &["email"]),
            ("Ada", "a da@example.com", &["email"]),
            ("Ada", ".ada@example.com", &["email"]),
            ("Ada", "a..da@example.com", &["email"]),
            ("Ada", "ada@-example.com", &["email"]),
            ("Ada", "ada@exa_mple.com", &["email"]),
            ("Ada", "ada@example..com", &["email"]),
            ("Ada", "äda@example.com", &["email"]),
            ("Ada", &long_email, &["email"]),
            ("", "", &["name", "email"]),
        ];
        for (name, email, expected) in cases {
            assert_eq!(broken_fields(name, email), *expected, "{name:?} {email:?}");
        }
    }

    #[test]
    fn an_empty_patch_is_valid() {
        assert!(UserPatch::default().do_validate().is_ok());
    }
}
