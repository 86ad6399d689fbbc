use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use crate::model::UnixSeconds;

/// A time with its author's offset, RFC 3339 to the second: `2026-11-20T14:32:21+00:00`.
pub(super) fn date_time(seconds: UnixSeconds, offset_seconds: i32) -> String {
    zoned(seconds, offset_seconds).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// As mail and RSS write it, in UTC: `Fri, 20 Nov 2026 14:32:21 +0000`.
pub(super) fn rfc2822(seconds: UnixSeconds) -> String {
    zoned(seconds, 0).strftime("%a, %d %b %Y %H:%M:%S %z").to_string()
}

/// The day it was for its author: `2026-11-20`.
pub(super) fn date(seconds: UnixSeconds, offset_seconds: i32) -> String {
    zoned(seconds, offset_seconds).strftime("%Y-%m-%d").to_string()
}

/// Reads an ISO 8601 date or date and time; without an offset it is UTC.
pub(super) fn parse(text: &str) -> Option<UnixSeconds> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_second());
    }
    let local = text.parse::<jiff::civil::DateTime>().ok()?;
    Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

/// As [`parse`]; a day alone means its last second.
pub(super) fn parse_end(text: &str) -> Option<UnixSeconds> {
    let day = text.len() == "2026-11-20".len() && text.parse::<jiff::civil::Date>().is_ok();
    Some(parse(text)? + if day { 86_399 } else { 0 })
}

fn zoned(seconds: UnixSeconds, offset_seconds: i32) -> jiff::Zoned {
    let time = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    let offset = Offset::from_seconds(offset_seconds).unwrap_or(Offset::UTC);
    time.to_zoned(TimeZone::fixed(offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_keep_the_authors_offset() {
        assert_eq!(date_time(1_795_184_341, 0), "2026-11-20T14:19:01+00:00");
        assert_eq!(date_time(1_795_184_341, 3600 * 10), "2026-11-21T00:19:01+10:00");
        assert_eq!(date(1_795_184_341, 3600 * 10), "2026-11-21");
        assert_eq!(date(i64::MAX, i32::MAX), "1970-01-01");
    }

    #[test]
    fn dates_are_read_in_iso_8601() {
        assert_eq!(parse("2026-11-20"), Some(1_795_132_800));
        assert_eq!(parse("2026-11-20T01:00:00"), Some(1_795_136_400));
        assert_eq!(parse("2026-11-20T01:00:00Z"), Some(1_795_136_400));
        assert_eq!(parse("2026-11-20T01:00:00+01:00"), Some(1_795_132_800));
        assert_eq!(parse("yesterday"), None);
        assert_eq!(parse_end("2026-11-20"), Some(1_795_132_800 + 86_399));
        assert_eq!(parse_end("2026-11-20T01:00:00Z"), Some(1_795_136_400));
    }
}
