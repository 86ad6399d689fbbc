use std::io::Write;

use zip::write::{SimpleFileOptions, StreamWriter, ZipWriter};
use zip::{CompressionMethod, DateTime};

use super::names::SafeNames;
use super::{ExportError, Exported, REPORTED};
use crate::model::UnixSeconds;
use crate::repo::DEFAULT_BLOB_LIMIT;

/// How the comment of an archive begins that holds a wiki's own files: what reads it knows how their
/// links are meant.
pub(in crate::wiki) const COMMENT: &str = "robotwiki files of ";

/// A zip file that is written from its beginning to its end.
pub(super) struct Archive<'o> {
    zip: ZipWriter<StreamWriter<&'o mut dyn Write>>,
    options: SimpleFileOptions,
}

impl<'o> Archive<'o> {
    /// All files get the time of the commit: the same commit always makes the same bytes.
    pub(super) fn begin(out: &'o mut dyn Write, time: UnixSeconds) -> Self {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(moment(time))
            .unix_permissions(0o644);
        Self { zip: ZipWriter::new_stream(out), options }
    }

    pub(super) fn add(&mut self, path: &str, bytes: &[u8]) -> Result<(), ExportError> {
        self.zip.start_file(path, self.options)?;
        self.zip.write_all(bytes)?;
        Ok(())
    }

    pub(super) fn finish(mut self, comment: &str) -> Result<(), ExportError> {
        self.zip.set_comment(comment)?;
        self.zip.finish()?.into_inner().flush()?;
        Ok(())
    }
}

/// Zip files know 1980 to 2107; other times become the first of them.
fn moment(time: UnixSeconds) -> DateTime {
    let Ok(at) = jiff::Timestamp::from_second(time) else { return DateTime::default() };
    let at = at.to_zoned(jiff::tz::TimeZone::UTC);
    let parts = (u16::try_from(at.year()), u8::try_from(at.month()), u8::try_from(at.day()));
    let clock = [at.hour(), at.minute(), at.second()].map(|part| u8::try_from(part).unwrap_or_default());
    let ((Ok(year), Ok(month), Ok(day)), [hour, minute, second]) = (parts, clock) else { return DateTime::default() };
    DateTime::from_date_and_time(year, month, day, hour, minute, second).unwrap_or_default()
}

/// The files of the wiki, ordered by path.
pub(super) fn write(
    exported: &Exported<'_>,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(&str),
) -> Result<(), ExportError> {
    let snapshot = exported.wiki.repo().at(exported.tip)?.ok_or(ExportError::Empty)?;
    let files = snapshot.files()?;
    let mut archive = Archive::begin(out, exported.time);
    let mut names = SafeNames::default();
    for (done, file) in files.iter().enumerate() {
        if done > 0 && done.is_multiple_of(REPORTED) {
            progress(&format!("{done} of {} files", files.len()));
        }
        match snapshot.blob(file.blob) {
            Ok(bytes) => archive.add(&names.give(&file.path), &bytes)?,
            Err(crate::repo::Error::TooLarge { .. }) => {
                progress(&format!("left out, larger than {} MB: {}", DEFAULT_BLOB_LIMIT >> 20, file.path));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let Exported { name, tip, .. } = exported;
    archive.finish(&format!("{COMMENT}{name} at {tip}"))
}
