//! Orders: as shown, as placed, and the money in them.

use std::borrow::Cow;

use rustapi_openapi::schema::{JsonSchema2020, RustApiSchema, SchemaCtx, SchemaRef};
use rustapi_rs::{ApiError, Schema, Validatable};
use serde::{Deserialize, Serialize};

use crate::object::only_objects;
use crate::{rules::Rules, schema};

/// An amount in the smallest unit of its currency: 1250 EUR is 12.50 euros.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Money {
    /// Minor units (cents), not negative in a request.
    pub amount_minor: i64,
    /// ISO 4217: three capital letters.
    pub currency: String,
}

/// One article in an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct OrderLine {
    /// 1 to 64 visible ASCII characters.
    pub sku: String,
    /// 1 to 1000.
    pub quantity: i64,
    /// The price of one.
    pub unit_price: Money,
}

/// Where an order is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Placed, not paid.
    Pending,
    /// Paid, not sent.
    Paid,
    /// On its way.
    Shipped,
    /// Arrived.
    Delivered,
    /// Given up before it was sent.
    Cancelled,
}

/// An order as order-service shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Schema)]
pub struct Order {
    /// Positive, dense, in order of creation.
    pub id: i64,
    /// The buyer.
    pub user_id: i64,
    /// Where the order is on its way.
    pub status: OrderStatus,
    /// What was bought, 1 to 100 lines.
    pub lines: Vec<OrderLine>,
    /// The sum over the lines.
    pub total: Money,
    /// RFC 3339, UTC, milliseconds.
    pub created_at: String,
    /// RFC 3339, UTC, milliseconds; the last change of status.
    pub updated_at: String,
    /// The release of order-service that answers: `v1`, `v2`.
    pub version: String,
    /// When the order should arrive, a date; release v2 shows it, v1 knows nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_estimate: Option<String>,
}

/// The body that places an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct NewOrder {
    /// The buyer, who must exist.
    pub user_id: i64,
    /// 1 to 100 lines, all in one currency.
    pub lines: Vec<OrderLine>,
}

impl OrderStatus {
    /// Every status, in the order of a happy life.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Paid, Self::Shipped, Self::Delivered, Self::Cancelled];

    /// The name on the wire: `pending`, `paid`, ...
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Paid => "paid",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
        }
    }
}

/// By hand, because the derive would document the Rust names of the variants.
impl RustApiSchema for OrderStatus {
    fn schema(ctx: &mut SchemaCtx) -> SchemaRef {
        schema::component::<Self>(ctx, |_| JsonSchema2020 {
            enum_values: Some(Self::ALL.iter().map(|status| status.as_str().into()).collect()),
            ..JsonSchema2020::string()
        })
    }

    fn name() -> Cow<'static, str> {
        "OrderStatus".into()
    }
}

only_objects!(Money, OrderLine, NewOrder);

impl Validatable for NewOrder {
    fn do_validate(&self) -> Result<(), ApiError> {
        let mut rules = Rules::default();
        rules.must(self.user_id > 0, "user_id", "range", "must be the id of a user, 1 or more");
        rules.must((1..=100).contains(&self.lines.len()), "lines", "length", "must hold 1 to 100 lines");
        // An answer that lists a million broken lines would help nobody.
        for (index, line) in self.lines.iter().take(100).enumerate() {
            line.check(&mut rules, index);
        }
        let mut currencies = self.lines.iter().map(|line| &line.unit_price.currency);
        let first = currencies.next();
        let one_currency = currencies.all(|currency| Some(currency) == first);
        rules.must(one_currency, "lines", "currency", "must all have prices in one currency");
        rules.verdict()
    }
}

impl OrderLine {
    fn check(&self, rules: &mut Rules, index: usize) {
        let field = |name: &str| format!("lines[{index}].{name}");
        rules.sku(&field("sku"), &self.sku);
        rules.must((1..=1000).contains(&self.quantity), &field("quantity"), "range", "must be 1 to 1000");
        let amount = self.unit_price.amount_minor;
        rules.must(amount >= 0, &field("unit_price.amount_minor"), "range", "must be 0 or more minor units (cents)");
        rules.currency(&field("unit_price.currency"), &self.unit_price.currency);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(sku: &str, quantity: i64, amount_minor: i64, currency: &str) -> OrderLine {
        let unit_price = Money { amount_minor, currency: currency.to_owned() };
        OrderLine { sku: sku.to_owned(), quantity, unit_price }
    }

    #[test]
    fn an_order_needs_a_buyer_and_sound_lines_in_one_currency() {
        let tea = || line("TEA", 1, 100, "EUR");
        let long = "s".repeat(65);
        let cases: Vec<(i64, Vec<OrderLine>, Vec<&str>)> = vec![
            (1, vec![tea()], vec![]),
            (1, vec![tea(); 100], vec![]),
            (1, vec![line("TEA", 1000, i64::MAX, "EUR")], vec![]),
            (0, vec![tea()], vec!["user_id"]),
            (-1, vec![], vec!["user_id", "lines"]),
            (1, vec![tea(); 101], vec!["lines"]),
            (1, vec![line("", 1, 1, "EUR")], vec!["lines[0].sku"]),
            (1, vec![line("a b", 1, 1, "EUR")], vec!["lines[0].sku"]),
            (1, vec![line(&long, 1, 1, "EUR")], vec!["lines[0].sku"]),
            (1, vec![tea(), line("TEA", 0, 1, "EUR")], vec!["lines[1].quantity"]),
            (1, vec![line("TEA", 1001, 1, "EUR")], vec!["lines[0].quantity"]),
            (1, vec![line("TEA", 1, -1, "EUR")], vec!["lines[0].unit_price.amount_minor"]),
            (1, vec![line("TEA", 1, 1, "eur")], vec!["lines[0].unit_price.currency"]),
            (1, vec![line("TEA", 1, 1, "EURO")], vec!["lines[0].unit_price.currency"]),
            (1, vec![tea(), line("TEA", 1, 1, "USD")], vec!["lines"]),
        ];
        for (user_id, lines, expected) in cases {
            let order = NewOrder { user_id, lines };
            let fields = order.do_validate().err().and_then(|error| error.fields).unwrap_or_default();
            let fields: Vec<_> = fields.iter().map(|field| field.field.as_str()).collect();
            assert_eq!(fields, expected, "{order:?}");
        }
    }

    #[test]
    fn a_status_has_one_name_in_json_and_in_code() {
        for status in OrderStatus::ALL {
            assert_eq!(serde_json::to_value(status).expect("a string"), status.as_str());
        }
    }
}
