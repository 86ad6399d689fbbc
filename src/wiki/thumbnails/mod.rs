//! Small versions of attached pictures: made when first asked for, kept on disk below the wiki's
//! `index/`, where everything can be deleted at any time. What they are made of is named by its
//! git object, so that a kept one is never stale.

mod kept;
mod scale;

use super::attachments::find_attachment;
use super::{Access, Attachment, Read, WikiError, Wikis};
use crate::model::{AttachmentName, PagePath, RevisionPrefix};
use kept::Kept;

/// The longest sides that are made, in pixels; others are rounded up.
const STEPS: [u32; 6] = [64, 128, 256, 512, 1024, 2048];

/// The longest side of a small picture, in pixels: one of a few.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ThumbnailSize(u32);

/// How a small picture is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PictureKind {
    Jpeg,
    Png,
}

/// A small version of a picture.
#[derive(Clone, Debug)]
pub struct Thumbnail {
    pub bytes: Vec<u8>,
    pub kind: PictureKind,
    /// The picture's git object and the size: the same bytes have the same identity.
    pub identity: String,
}

/// What is shown for a picture.
#[derive(Clone, Debug)]
pub enum Small {
    Thumbnail(Thumbnail),
    /// It is no larger than was asked for.
    Original(Attachment),
}

impl ThumbnailSize {
    /// What a list of files shows.
    pub const LISTED: Self = Self(128);

    /// The next step from `pixels` on; none beyond the largest, or for nothing.
    #[must_use]
    pub fn at_least(pixels: u32) -> Option<Self> {
        STEPS.into_iter().find(|step| pixels > 0 && *step >= pixels).map(Self)
    }

    /// The largest there is.
    #[must_use]
    pub const fn largest() -> u32 {
        2048
    }
}

impl PictureKind {
    #[must_use]
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// Whether a file of this name gets a small version.
#[must_use]
pub fn has_thumbnail(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| ["png", "jpg", "jpeg", "jpe", "gif", "webp"].contains(&ending.as_str()))
}

/// The small version of a picture, if it was made before.
///
/// # Errors
/// [`WikiError::NoSuchAttachment`], or a storage failure.
pub fn kept_thumbnail(
    wikis: &Wikis,
    access: &Access<Read>,
    (page, name): (&PagePath, &AttachmentName),
    at: Option<&RevisionPrefix>,
    size: ThumbnailSize,
) -> Result<Option<Thumbnail>, WikiError> {
    let (blob, _) = find_attachment(access, page, name, at)?;
    Ok(Kept::of(wikis, access.slug()).get(&blob.to_string(), size))
}

/// Makes the small version of a picture. Takes up to a second of a processor and 160 MB: the
/// caller says how many at a time.
///
/// # Errors
/// [`WikiError::NoSuchAttachment`]; [`WikiError::NoThumbnail`] for what is no picture, is damaged,
/// or would be too large once decoded; or a storage failure.
pub fn make_thumbnail(
    wikis: &Wikis,
    access: &Access<Read>,
    (page, name): (&PagePath, &AttachmentName),
    at: Option<&RevisionPrefix>,
    size: ThumbnailSize,
) -> Result<Small, WikiError> {
    let (blob, snapshot) = find_attachment(access, page, name, at)?;
    let identity = blob.to_string();
    let kept = Kept::of(wikis, access.slug());
    // Whoever waited for a turn may find that another made it meanwhile.
    if let Some(thumbnail) = kept.get(&identity, size) {
        return Ok(Small::Thumbnail(thumbnail));
    }
    let bytes = snapshot.blob(blob)?;
    match scale::scale(&bytes, size.0) {
        Err(reason) => Err(WikiError::NoThumbnail { name: name.to_string(), reason }),
        Ok(None) => Ok(Small::Original(Attachment { name: name.to_string(), bytes, identity })),
        Ok(Some((bytes, kind))) => {
            let thumbnail = Thumbnail { bytes, kind, identity: Kept::identity(&identity, size) };
            kept.put(&identity, size, &thumbnail);
            Ok(Small::Thumbnail(thumbnail))
        }
    }
}
