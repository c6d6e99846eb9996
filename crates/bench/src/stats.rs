//! What do repeated measurements say: median, quartiles, and ratios that are taken round by round.
//!
//! A ratio is taken between two measurements of one round, which lie seconds apart, and only then is the median taken:
//! what else runs on the machine changes from minute to minute and touches both.

use serde::Serialize;

/// Median and quartiles of repeated measurements.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// A quarter of the measurements is below.
    pub low: f64,
    /// Half of them is.
    pub median: f64,
    /// A quarter is above.
    pub high: f64,
}

impl Spread {
    /// Of any number of measurements, at least one.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        Self { low: quantile(&sorted, 0.25), median: quantile(&sorted, 0.5), high: quantile(&sorted, 0.75) }
    }

    /// Of the ratios of two series, measured round by round.
    #[must_use]
    pub fn of_ratios(numerators: &[f64], denominators: &[f64]) -> Self {
        let ratios: Vec<f64> = numerators.iter().zip(denominators).map(|(above, below)| above / below).collect();
        Self::of(&ratios)
    }

    /// A single measurement, or one that always gives the same.
    #[must_use]
    pub fn exact(value: f64) -> Self {
        Self { low: value, median: value, high: value }
    }
}

/// Between two measurements it lies on the straight line from one to the other.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = share * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_do_not_depend_on_the_sequence() {
        let expected = Spread { low: 2.0, median: 3.0, high: 4.0 };
        assert_eq!(Spread::of(&[5.0, 1.0, 4.0, 2.0, 3.0]), expected);
        assert_eq!(Spread::of(&[1.0, 2.0]).median, 1.5);
        assert_eq!(Spread::of(&[7.0]), Spread::exact(7.0));
    }

    #[test]
    fn one_outlier_does_not_move_the_median() {
        assert_eq!(Spread::of(&[1.0, 1.0, 1.0, 1.0, 1000.0]).median, 1.0);
    }

    #[test]
    fn a_ratio_is_taken_within_a_round() {
        // The second round ran on a machine of half the speed: the ratio is the same all the same.
        let ratio = Spread::of_ratios(&[3.0, 6.0, 3.0], &[2.0, 4.0, 2.0]);
        assert_eq!(ratio, Spread::exact(1.5));
    }

    #[test]
    fn nothing_measured_is_no_number() {
        assert!(Spread::of(&[]).median.is_nan());
    }
}
