//! Which step an order may take next: pending, paid, shipped, delivered, and cancelled as long as nothing was shipped.

use std::fmt;

use contracts::OrderStatus;

/// Something that happens to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The buyer pays.
    Pay,
    /// The parcel leaves.
    Ship,
    /// The parcel arrives.
    Deliver,
    /// The order is given up.
    Cancel,
}

/// A step that the order cannot take from where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refused {
    step: Step,
    status: OrderStatus,
}

/// The whole machine.
const fn allowed(status: OrderStatus) -> &'static [Step] {
    match status {
        OrderStatus::Pending => &[Step::Pay, Step::Cancel],
        OrderStatus::Paid => &[Step::Ship, Step::Cancel],
        OrderStatus::Shipped => &[Step::Deliver],
        OrderStatus::Delivered | OrderStatus::Cancelled => &[],
    }
}

impl Step {
    /// Where an order in `status` is after this step.
    ///
    /// # Errors
    /// [`Refused`] when the step is not allowed from there.
    pub fn from(self, status: OrderStatus) -> Result<OrderStatus, Refused> {
        if allowed(status).contains(&self) { Ok(self.target()) } else { Err(Refused { step: self, status }) }
    }

    /// The word in paths: `/orders/{id}/pay`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pay => "pay",
            Self::Ship => "ship",
            Self::Deliver => "deliver",
            Self::Cancel => "cancel",
        }
    }

    /// Where this step leads.
    pub const fn target(self) -> OrderStatus {
        match self {
            Self::Pay => OrderStatus::Paid,
            Self::Ship => OrderStatus::Shipped,
            Self::Deliver => OrderStatus::Delivered,
            Self::Cancel => OrderStatus::Cancelled,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let possible: Vec<_> = allowed(self.status).iter().map(|step| step.as_str()).collect();
        let possible = if possible.is_empty() { "nothing".to_owned() } else { possible.join(", ") };
        write!(
            f,
            "The order is {}, which does not allow to {} it; possible: {possible}",
            self.status.as_str(),
            self.step.as_str()
        )
    }
}

#[cfg(test)]
mod tests {
    use OrderStatus::{Cancelled, Delivered, Paid, Pending, Shipped};

    use super::*;

    #[test]
    fn only_these_steps_are_allowed() {
        let table = [
            (Pending, [Some(Paid), None, None, Some(Cancelled)]),
            (Paid, [None, Some(Shipped), None, Some(Cancelled)]),
            (Shipped, [None, None, Some(Delivered), None]),
            (Delivered, [None; 4]),
            (Cancelled, [None; 4]),
        ];
        for (status, expected) in table {
            let steps = [Step::Pay, Step::Ship, Step::Deliver, Step::Cancel];
            assert_eq!(steps.map(|step| step.from(status).ok()), expected, "from {status:?}");
        }
    }

    #[test]
    fn a_refusal_names_the_status_and_what_is_possible() {
        let cases = [
            (Step::Ship, Pending, "The order is pending, which does not allow to ship it; possible: pay, cancel"),
            (Step::Cancel, Shipped, "The order is shipped, which does not allow to cancel it; possible: deliver"),
            (Step::Pay, Cancelled, "The order is cancelled, which does not allow to pay it; possible: nothing"),
        ];
        for (step, status, text) in cases {
            assert_eq!(step.from(status).expect_err(text).to_string(), text);
        }
    }
}
