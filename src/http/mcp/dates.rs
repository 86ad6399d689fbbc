use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

use crate::model::UnixSeconds;

/// `2026-11-20T14:32:21+00:00`, in the author's offset.
pub(super) fn moment(time: UnixSeconds, offset: i32) -> String {
    zoned(time, offset).map_or_else(|| "unknown".to_owned(), |at| at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
}

/// `2026-11-20`, in the author's offset.
pub(super) fn day(time: UnixSeconds, offset: i32) -> String {
    zoned(time, offset).map_or_else(|| "unknown".to_owned(), |at| at.strftime("%Y-%m-%d").to_string())
}

fn zoned(time: UnixSeconds, offset: i32) -> Option<Zoned> {
    // Git accepts any offset; what no clock shows is read as UTC.
    let offset = Offset::from_seconds(offset).unwrap_or(Offset::UTC);
    Some(Timestamp::from_second(time).ok()?.to_zoned(TimeZone::fixed(offset)))
}

/// Reads an ISO 8601 date or date and time; without an offset it is UTC.
pub(super) fn parse(text: &str) -> Option<UnixSeconds> {
    let text = text.trim();
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp.as_second());
    }
    let civil = text.parse::<DateTime>().ok()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_keep_their_authors_offset() {
        assert_eq!(moment(1_795_185_141, 0), "2026-11-20T14:32:21+00:00");
        assert_eq!(moment(1_795_185_141, -5 * 3600), "2026-11-20T09:32:21-05:00");
        assert_eq!(day(1_795_185_141, 12 * 3600), "2026-11-21");
        assert_eq!(day(i64::MAX, 0), "unknown");
        assert_eq!(day(0, i32::MAX), "1970-01-01");
    }

    #[test]
    fn dates_are_read_with_and_without_time_and_offset() {
        assert_eq!(parse("2026-11-20"), Some(1_795_132_800));
        assert_eq!(parse("2026-11-20T14:32:21"), Some(1_795_185_141));
        assert_eq!(parse("2026-11-20T14:32:21Z"), Some(1_795_185_141));
        assert_eq!(parse("2026-11-20T09:32:21-05:00"), Some(1_795_185_141));
        assert_eq!(parse("yesterday"), None);
        assert_eq!(parse("2026-13-01"), None);
    }
}
