use std::fs::{self, File, FileTimes};
use std::io::{self, ErrorKind, Write as _};
use std::path::PathBuf;
use std::time::SystemTime;

use super::super::Wikis;
use super::{PictureKind, Thumbnail, ThumbnailSize};
use crate::model::Slug;

/// What a wiki's small pictures may take on disk, in bytes; those longest not asked for go first.
const MOST_BYTES: u64 = 64 << 20;
/// What remains when some have to go, so that it need not happen at each one.
const LEFT_BYTES: u64 = MOST_BYTES / 4 * 3;

/// The small pictures of a wiki on disk. Nothing here fails: what cannot be kept is made again.
pub(super) struct Kept {
    dir: PathBuf,
}

impl Kept {
    pub(super) fn of(wikis: &Wikis, slug: &Slug) -> Self {
        Self { dir: wikis.wiki_dir(slug).join("index").join("thumbnails") }
    }

    pub(super) fn identity(blob: &str, size: ThumbnailSize) -> String {
        format!("{blob}-{}", size.0)
    }

    fn file(&self, blob: &str, size: ThumbnailSize, kind: PictureKind) -> PathBuf {
        let ending = match kind {
            PictureKind::Jpeg => "jpg",
            PictureKind::Png => "png",
        };
        self.dir.join(format!("{}.{ending}", Self::identity(blob, size)))
    }

    pub(super) fn get(&self, blob: &str, size: ThumbnailSize) -> Option<Thumbnail> {
        [PictureKind::Jpeg, PictureKind::Png].into_iter().find_map(|kind| {
            let path = self.file(blob, size, kind);
            let bytes = fs::read(&path).ok()?;
            // The time of last use, for when room has to be made.
            let now = FileTimes::new().set_modified(SystemTime::now());
            let _unused = File::options().write(true).open(&path).and_then(|file| file.set_times(now));
            Some(Thumbnail { bytes, kind, identity: Self::identity(blob, size) })
        })
    }

    pub(super) fn put(&self, blob: &str, size: ThumbnailSize, thumbnail: &Thumbnail) {
        let kept = self.write(blob, size, thumbnail).and_then(|()| self.make_room(MOST_BYTES, LEFT_BYTES));
        if let Err(error) = kept {
            tracing::debug!(%error, "a small picture is not kept");
        }
    }

    fn write(&self, blob: &str, size: ThumbnailSize, thumbnail: &Thumbnail) -> io::Result<()> {
        // Not the directories above: a wiki that is being deleted must not come back.
        match fs::create_dir(&self.dir) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let path = self.file(blob, size, thumbnail.kind);
        let unfinished = path.with_extension("new");
        let mut file = File::create(&unfinished)?;
        file.write_all(&thumbnail.bytes)?;
        fs::rename(unfinished, path)
    }

    fn make_room(&self, most: u64, left: u64) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            files.push((metadata.modified()?, metadata.len(), entry.path()));
        }
        let mut total: u64 = files.iter().map(|(_, length, _)| length).sum();
        if total <= most {
            return Ok(());
        }
        files.sort();
        for (_, length, path) in files {
            if total <= left {
                break;
            }
            fs::remove_file(path)?;
            total -= length;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SIZE: ThumbnailSize = ThumbnailSize::LISTED;

    fn thumbnail(bytes: &[u8]) -> Thumbnail {
        Thumbnail { bytes: bytes.to_vec(), kind: PictureKind::Png, identity: String::new() }
    }

    #[test]
    fn what_was_put_is_found_until_room_is_needed() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept { dir: dir.path().join("thumbnails") };
        for name in ["a", "b", "c"] {
            kept.put(name, SIZE, &thumbnail(&[7; 100]));
        }
        assert_eq!(kept.get("b", SIZE).unwrap().bytes, [7; 100]);
        assert!(kept.get("b", ThumbnailSize::at_least(500).unwrap()).is_none());
        let long_ago = FileTimes::new().set_modified(SystemTime::now() - Duration::from_secs(60));
        for name in ["a", "c"] {
            let file = File::options().write(true).open(kept.file(name, SIZE, PictureKind::Png)).unwrap();
            file.set_times(long_ago).unwrap();
        }
        assert!(kept.get("a", SIZE).is_some(), "asked for again, it is the newest");
        kept.make_room(250, 250).unwrap();
        assert!(kept.get("c", SIZE).is_none());
        assert!(kept.get("a", SIZE).is_some() && kept.get("b", SIZE).is_some());
    }

    #[test]
    fn a_wiki_that_is_gone_does_not_come_back() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept { dir: dir.path().join("wikis/gone/index/thumbnails") };
        kept.put("a", SIZE, &thumbnail(b"x"));
        assert!(!dir.path().join("wikis").exists());
    }

    #[test]
    fn sizes_are_rounded_up_to_a_few() {
        let steps = [1, 64, 65, 500, 2048].map(|pixels| ThumbnailSize::at_least(pixels).map(|size| size.0));
        assert_eq!(steps, [Some(64), Some(64), Some(128), Some(512), Some(2048)]);
        assert_eq!([0, 2049, u32::MAX].map(ThumbnailSize::at_least), [None; 3]);
        assert_eq!(ThumbnailSize::at_least(ThumbnailSize::largest()).map(|size| size.0), Some(2048));
    }
}
