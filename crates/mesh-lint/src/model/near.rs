//! Was one name meant for the other? Names that differ in one or two letters.

/// Whether one becomes the other by changing, adding or removing one or two letters.
#[must_use]
pub fn is_near(one: &str, other: &str) -> bool {
    let (one, other): (Vec<_>, Vec<_>) = (one.chars().collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > 2 || one.len() < 4 {
        return false;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (number, letter) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = number + 1;
        for (at, there) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != there);
            diagonal = row[at + 1];
            row[at + 1] = changed.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row[other.len()] <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_near_and_another_word_is_not() {
        for (one, other) in
            [("order-service", "orders-service"), ("order-service-v2", "order-service-v3"), ("cart", "card")]
        {
            assert!(is_near(one, other), "{one} {other}");
        }
        for (one, other) in
            [("order-service", "order-service-v1"), ("orders", "users"), ("a", "b"), ("cart", "payment")]
        {
            assert!(!is_near(one, other), "{one} {other}");
        }
    }
}
