//! Moments in words.

use jiff::Timestamp;

/// `2026-11-24 02:20:00 UTC`; none for a number that is no moment of our calendar.
#[must_use]
pub fn utc(secs: i64) -> Option<String> {
    let moment = Timestamp::from_second(secs).ok()?;
    Some(moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

/// `in 4 min`, `3 h ago`, `now`: how `secs` lies from `now`, rounded towards it.
#[must_use]
pub fn relative(secs: i64, now: i64) -> String {
    const UNITS: [(u64, u64, &str); 5] = [
        (60, 1, "s"),
        (3_600, 60, "min"),
        (2 * 86_400, 3_600, "h"),
        (2 * 365 * 86_400, 86_400, "d"),
        (u64::MAX, 365 * 86_400, "y"),
    ];
    let distance = secs.abs_diff(now);
    let (_, size, unit) = UNITS
        .into_iter()
        .find(|(below, ..)| distance < *below)
        .unwrap_or((0, 365 * 86_400, "y"));
    let amount = distance / size;
    match secs.cmp(&now) {
        std::cmp::Ordering::Equal => "now".to_owned(),
        std::cmp::Ordering::Greater => format!("in {amount} {unit}"),
        std::cmp::Ordering::Less => format!("{amount} {unit} ago"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_by_people() {
        assert_eq!(utc(1_795_486_800).unwrap(), "2026-11-24 02:20:00 UTC");
        assert_eq!(utc(-1).unwrap(), "1969-12-31 23:59:59 UTC");
        assert_eq!(utc(i64::MAX), None);
        for (secs, words) in [
            (0, "now"),
            (1, "in 1 s"),
            (-59, "59 s ago"),
            (299, "in 4 min"),
            (-3_600, "1 h ago"),
            (86_400, "in 24 h"),
            (-172_800, "2 d ago"),
            (i64::MAX - 1000, "in 292471208677 y"),
        ] {
            assert_eq!(relative(1000 + secs, 1000), words);
        }
    }
}
