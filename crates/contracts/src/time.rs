//! Times as they cross the wire, from the milliseconds since 1970 that the databases hold.

const DAY_MS: i64 = 86_400_000;

/// Milliseconds since 1970 as RFC 3339 in UTC: `2025-01-04T12:00:00.000Z`.
pub fn rfc3339(millis: i64) -> String {
    let in_day = millis.rem_euclid(DAY_MS);
    let (hour, minute) = (in_day / 3_600_000, in_day / 60_000 % 60);
    let (second, milli) = (in_day / 1000 % 60, in_day % 1000);
    format!("{}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z", date(millis))
}

/// The UTC date of milliseconds since 1970: `2025-01-04`.
pub fn date(millis: i64) -> String {
    let (year, month, day) = civil(millis.div_euclid(DAY_MS));
    format!("{year:04}-{month:02}-{day:02}")
}

/// The UTC date this many days after the date of `millis`.
pub fn date_after(millis: i64, days: i64) -> String {
    date(millis.saturating_add(days.saturating_mul(DAY_MS)))
}

/// Year, month and day of a day counted from 1970-01-01 in the Gregorian calendar.
///
/// Years are counted from March, so that the leap day is the last of its year and months follow one formula.
fn civil(days: i64) -> (i64, i64, i64) {
    const ERA_DAYS: i64 = 146_097; // 400 years
    const MARCH_0000: i64 = 719_468; // days from 0000-03-01 to 1970-01-01
    let shifted = days + MARCH_0000;
    let (era, in_era) = (shifted.div_euclid(ERA_DAYS), shifted.rem_euclid(ERA_DAYS));
    let year_in_era = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year_in_era + year_in_era / 4 - year_in_era / 100);
    let month_from_march = (5 * in_year + 2) / 153;
    let day = in_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_in_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_become_utc_times() {
        let cases = [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (1_735_689_600_001, "2025-01-01T00:00:00.001Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ];
        for (millis, expected) in cases {
            assert_eq!(rfc3339(millis), expected);
        }
    }

    #[test]
    fn days_carry_over_months_and_leap_days() {
        assert_eq!(date_after(1_709_078_400_000, 1), "2024-02-29");
        assert_eq!(date_after(1_709_078_400_000, 3), "2024-03-02");
        assert_eq!(date_after(1_735_603_200_000, 3), "2025-01-03");
    }
}
