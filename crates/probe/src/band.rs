//! How far a measured share may lie from the wanted one.

use std::fmt::{self, Display, Formatter};

/// How sure a band is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Confidence {
    /// 99.9 % of all measurements of a right split lie in it.
    Thorough,
    /// 99.999 %: a gate that runs for each change must not fail by chance once in some dozen runs.
    Gate,
}

/// The shares that a right split gives in nearly all measurements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    half: f64,
    low: f64,
    high: f64,
}

impl Band {
    /// Of so many requests, each of which falls to the share's side by chance. A share of 0 or 1 has no width.
    #[must_use]
    pub fn new(confidence: Confidence, share: f64, count: u64) -> Self {
        let half = confidence.deviations() * (share * (1.0 - share) / count.max(1) as f64).sqrt();
        Self { half, low: (share - half).max(0.0), high: (share + half).min(1.0) }
    }

    /// How far chance alone leads away from the share, to either side.
    #[must_use]
    pub fn half(self) -> f64 {
        self.half
    }

    /// Whether a share lies in it.
    #[must_use]
    pub fn holds(self, share: f64) -> bool {
        (self.low..=self.high).contains(&share)
    }
}

impl Confidence {
    /// The two-sided quantile of the normal distribution, in standard deviations.
    fn deviations(self) -> f64 {
        match self {
            Self::Thorough => 3.29,
            Self::Gate => 4.42,
        }
    }
}

/// In per cent: `8.60..11.40`.
impl Display for Band {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}..{:.2}", self.low * 100.0, self.high * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_is_as_wide_as_chance() {
        let band = Band::new(Confidence::Thorough, 0.1, 5000);
        assert_eq!(band.to_string(), "8.60..11.40");
        assert!(band.holds(0.0983) && !band.holds(0.085) && !band.holds(0.115));
        assert_eq!(Band::new(Confidence::Gate, 0.1, 5000).to_string(), "8.12..11.88");
    }

    #[test]
    fn certainty_has_no_width() {
        assert!(
            Band::new(Confidence::Gate, 0.0, 100).holds(0.0) && !Band::new(Confidence::Gate, 0.0, 100).holds(0.001)
        );
        assert!(
            Band::new(Confidence::Gate, 1.0, 100).holds(1.0) && !Band::new(Confidence::Gate, 1.0, 100).holds(0.999)
        );
    }
}
