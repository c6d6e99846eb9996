//! When was a line written: RFC 3339 in UTC with microseconds, `2026-01-31T23:59:59.123456Z`.
//!
//! Everything down to the second is written once a second and thread; what is left is six digits a line.

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

const DAY: u64 = 86_400;

thread_local! {
    /// A second since 1970, and how it is written.
    static WRITTEN: Cell<(u64, [u8; 20])> = const { Cell::new((u64::MAX, [0; 20])) };
}

/// Appends the time of now.
pub(super) fn now(out: &mut Vec<u8>) {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    append(out, since_1970.as_secs(), since_1970.subsec_micros());
}

fn append(out: &mut Vec<u8>, second: u64, microseconds: u32) {
    let (known, mut text) = WRITTEN.get();
    if known != second {
        text = written(second);
        WRITTEN.set((second, text));
    }
    out.extend_from_slice(&text);
    out.extend_from_slice(&digits::<6>(u64::from(microseconds)));
    out.push(b'Z');
}

/// `2026-01-31T23:59:59.`
fn written(second: u64) -> [u8; 20] {
    let (year, month, day) = date(second / DAY);
    let time = second % DAY;
    let mut text = *b"0000-00-00T00:00:00.";
    text[..4].copy_from_slice(&digits::<4>(year));
    for (place, value) in [(5, month), (8, day), (11, time / 3600), (14, time / 60 % 60), (17, time % 60)] {
        text[place..place + 2].copy_from_slice(&digits::<2>(value));
    }
    text
}

/// Year, month and day of a day since 1970, counted from a first of March, so that a leap day is the last of its year
/// (<https://howardhinnant.github.io/date_algorithms.html#civil_from_days>).
fn date(day: u64) -> (u64, u64, u64) {
    let day = day + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march_based = (5 * of_year + 2) / 153;
    let month = if march_based < 10 { march_based + 3 } else { march_based - 9 };
    (era * 400 + year + u64::from(month <= 2), month, of_year - (153 * march_based + 2) / 5 + 1)
}

fn digits<const N: usize>(mut value: u64) -> [u8; N] {
    let mut text = [b'0'; N];
    for digit in text.iter_mut().rev() {
        *digit += (value % 10) as u8;
        value /= 10;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_rfc_3339_says() {
        let cases = [
            (0, 0, "1970-01-01T00:00:00.000000Z"),
            (951_827_696, 7, "2000-02-29T12:34:56.000007Z"),
            (951_868_800, 1, "2000-03-01T00:00:00.000001Z"),
            (1_709_251_199, 999_999, "2024-02-29T23:59:59.999999Z"),
            (4_102_444_799, 123_456, "2099-12-31T23:59:59.123456Z"),
        ];
        for (second, microseconds, expected) in cases {
            let mut out = Vec::new();
            append(&mut out, second, microseconds);
            append(&mut out, second, microseconds);
            assert_eq!(String::from_utf8_lossy(&out), expected.repeat(2));
        }
    }
}
