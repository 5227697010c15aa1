//! Sizes, durations and counts in words for people.

/// Bytes as `1.4 MB`, in powers of 1000 as file managers and providers count.
pub(crate) fn bytes(size: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if size < 1000 {
        return format!("{size} B");
    }
    let (mut divisor, mut unit) = (1000, 0);
    // 999 500 is shown as 1.0 MB, not as 1000 kB.
    while rounded(size, divisor) >= 1000 && unit + 1 < UNITS.len() {
        divisor *= 1000;
        unit += 1;
    }
    let tenths = rounded(size, divisor / 10);
    if tenths >= 1000 {
        format!("{} {}", rounded(size, divisor), UNITS[unit])
    } else {
        format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    }
}

const fn rounded(size: u64, divisor: u64) -> u64 {
    size / divisor
        + if size % divisor >= divisor.div_ceil(2) {
            1
        } else {
            0
        }
}

/// Every digit, for those who compare: `1 400 345 bytes`.
pub(crate) fn bytes_exact(size: u64) -> String {
    format!("{} bytes", grouped(size))
}

/// `1 session`, `12 345 sessions`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        grouped(number),
        if number == 1 { one } else { many }
    )
}

pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            // A space that does not break, as SI writes numbers.
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// Milliseconds as a player shows them: `0:07`, `12:34`, `1:02:03`. Rounded to the nearest second.
pub(crate) fn duration(ms: u64) -> String {
    let seconds = rounded_seconds(ms);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// The same for machines, as `<time datetime>` wants it: `PT62S`.
pub(crate) fn iso_duration(ms: u64) -> String {
    format!("PT{}S", rounded_seconds(ms))
}

const fn rounded_seconds(ms: u64) -> u64 {
    ms / 1000 + if ms % 1000 >= 500 { 1 } else { 0 }
}

/// Much time as `12.4 h`, little as `34 min` or `7 s`, none as `0`.
pub(crate) fn hours(ms: u64) -> String {
    const MINUTE: u64 = 60_000;
    const HOUR: u64 = 60 * MINUTE;
    match ms {
        0 => "0".to_owned(),
        1..MINUTE => format!("{} s", rounded(ms, 1000).max(1)),
        MINUTE..HOUR => format!("{} min", (ms + MINUTE / 2) / MINUTE),
        // 99.96 hours are 100 h, not 100.0 h.
        _ if rounded(ms, HOUR / 10) < 1000 => {
            let tenths = rounded(ms, HOUR / 10);
            format!("{}.{} h", tenths / 10, tenths % 10)
        }
        _ => format!("{} h", grouped(rounded(ms, HOUR))),
    }
}

/// A number in a narrow place: `9 500`, `12 k`, `1.5 M`.
pub(crate) fn compact(number: u64) -> String {
    const UNITS: [&str; 5] = ["k", "M", "G", "T", "P"];
    if number < 10_000 {
        return grouped(number);
    }
    let (mut divisor, mut unit) = (1000, 0);
    while number / divisor >= 1000 && unit + 1 < UNITS.len() {
        divisor *= 1000;
        unit += 1;
    }
    let tenths = number / (divisor / 10);
    if tenths.is_multiple_of(10) {
        format!("{} {}", tenths / 10, UNITS[unit])
    } else {
        format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    }
}

/// How long to wait: `1 second`, `45 seconds`, `2 minutes`. Rounded up: nobody should come back too early.
pub(crate) fn wait(seconds: u64) -> String {
    match seconds {
        0 | 1 => "1 second".to_owned(),
        2..=60 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_digits_at_most_and_no_gap_between_units() {
        for (size, shown) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (1449, "1.4 kB"),
            (99_949, "99.9 kB"),
            (123_456, "123 kB"),
            (999_499, "999 kB"),
            (999_500, "1.0 MB"),
            (6_442_450_944, "6.4 GB"),
            (u64::MAX, "18447 PB"),
        ] {
            assert_eq!(bytes(size), shown);
        }
    }

    #[test]
    fn durations_read_as_on_a_player() {
        for (ms, shown) in [
            (0, "0:00"),
            (499, "0:00"),
            (500, "0:01"),
            (7_000, "0:07"),
            (754_000, "12:34"),
            (3_723_400, "1:02:03"),
        ] {
            assert_eq!(duration(ms), shown);
        }
        assert_eq!(iso_duration(61_600), "PT62S");
    }

    #[test]
    fn counts_are_grouped_and_agree_in_number() {
        assert_eq!(count(1, "session", "sessions"), "1 session");
        assert_eq!(count(0, "session", "sessions"), "0 sessions");
        assert_eq!(
            count(1_234_567, "session", "sessions"),
            "1\u{202f}234\u{202f}567 sessions"
        );
        assert_eq!(bytes_exact(1000), "1\u{202f}000 bytes");
    }

    #[test]
    fn much_time_is_hours_and_little_is_not() {
        const MINUTE: u64 = 60_000;
        for (ms, shown) in [
            (0, "0"),
            (1, "1 s"),
            (34 * MINUTE, "34 min"),
            (90 * MINUTE, "1.5 h"),
            (5_997 * MINUTE, "100 h"),
            (60_000 * MINUTE, "1\u{202f}000 h"),
        ] {
            assert_eq!(hours(ms), shown);
        }
    }

    #[test]
    fn large_numbers_fit_a_narrow_place() {
        for (number, shown) in [
            (9_999, "9\u{202f}999"),
            (10_000, "10 k"),
            (1_500_000, "1.5 M"),
            (u64::MAX, "18446.7 P"),
        ] {
            assert_eq!(compact(number), shown);
        }
    }

    #[test]
    fn waits_are_rounded_up() {
        assert_eq!(wait(0), "1 second");
        assert_eq!(wait(60), "60 seconds");
        assert_eq!(wait(61), "2 minutes");
    }
}
