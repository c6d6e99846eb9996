//! The rules for what callers send, with messages that say what would be right.
//!
//! Written by hand rather than with `#[derive(Validate)]`: the derive does not look into lists or `Option`s, reports
//! the fields in random order, and its regular expressions are compiled anew for each request.

use rustapi_rs::{ApiError, FieldError};

/// Collects what is wrong, in the order of the checks.
#[derive(Default)]
pub(crate) struct Rules {
    broken: Vec<FieldError>,
}

impl Rules {
    /// 422 with every broken rule, if there is one.
    pub(crate) fn verdict(self) -> Result<(), ApiError> {
        if self.broken.is_empty() { Ok(()) } else { Err(ApiError::validation(self.broken)) }
    }

    pub(crate) fn must(&mut self, holds: bool, field: &str, code: &str, message: &str) {
        if !holds {
            self.broken.push(FieldError {
                field: field.to_owned(),
                code: code.to_owned(),
                message: message.to_owned(),
            });
        }
    }

    /// PostgreSQL cannot store a NUL, and other control characters have no place in a name.
    pub(crate) fn name(&mut self, field: &str, value: &str) {
        let fits = (1..=100).contains(&value.chars().count());
        let readable = !value.trim().is_empty() && !value.chars().any(char::is_control);
        self.must(
            fits && readable,
            field,
            "name",
            "must be 1 to 100 characters, not all blank, such as \"Ada Lovelace\"",
        );
    }

    pub(crate) fn email(&mut self, field: &str, value: &str) {
        let message = "must be an address of at most 254 characters, such as \"ada@example.com\"";
        self.must(is_email(value), field, "email", message);
    }

    pub(crate) fn sku(&mut self, field: &str, value: &str) {
        let holds = (1..=64).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic());
        self.must(holds, field, "sku", "must be 1 to 64 visible ASCII characters, such as \"TEA-250\"");
    }

    pub(crate) fn currency(&mut self, field: &str, value: &str) {
        let holds = value.len() == 3 && value.bytes().all(|byte| byte.is_ascii_uppercase());
        self.must(holds, field, "currency", "must be an ISO 4217 code of three capital letters, such as \"EUR\"");
    }
}

/// Mailboxes that mail systems really hand out: no quoting, no comments, no bare host.
fn is_email(value: &str) -> bool {
    let Some((local, domain)) = value.split_once('@') else {
        return false;
    };
    value.len() <= 254 && is_local_part(local) && domain.contains('.') && domain.split('.').all(is_label)
}

fn is_local_part(local: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
    (1..=64).contains(&local.len()) && local.bytes().all(allowed) && local.split('.').all(|part| !part.is_empty())
}

fn is_label(label: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&label.len()) && label.bytes().all(allowed) && !label.starts_with('-') && !label.ends_with('-')
}
