use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits};

use super::PictureKind;

/// Pictures of more pixels are refused: their header says so before anything is decoded.
const MOST_PIXELS: u64 = 50_000_000;
const LONGEST_SIDE: u32 = 30_000;
/// What a decoder may allocate, in bytes.
const MOST_MEMORY: u64 = 160 << 20;
const JPEG_QUALITY: u8 = 82;

/// A small version of a picture, turned the way its EXIF data says; none when it is small enough
/// already. Never enlarges.
///
/// Reads PNG, JPEG, GIF and WebP by their content, of moving ones the first frame.
///
/// # Errors
/// With the reason, for people.
pub(super) fn scale(bytes: &[u8], longest: u32) -> Result<Option<(Vec<u8>, PictureKind)>, &'static str> {
    // Decoders of a stranger's file: should one have a bug, it costs a picture and not the request.
    catch_unwind(AssertUnwindSafe(|| decode(bytes, longest))).unwrap_or(Err("it could not be read"))
}

fn decode(bytes: &[u8], longest: u32) -> Result<Option<(Vec<u8>, PictureKind)>, &'static str> {
    const DAMAGED: &str = "the picture is damaged";
    let format = image::guess_format(bytes).map_err(|_unknown| "it is no picture that can be read")?;
    if !matches!(format, ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::Gif | ImageFormat::WebP) {
        return Err("only PNG, JPEG, GIF and WebP pictures have one");
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| refused(&error))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS || decoder.total_bytes() > MOST_MEMORY {
        return Err(TOO_LARGE);
    }
    if width == 0 || height == 0 {
        return Err(DAMAGED);
    }
    if width.max(height) <= longest {
        return Ok(None);
    }
    let orientation = decoder.orientation().ok();
    let picture = DynamicImage::from_decoder(decoder).map_err(|error| refused(&error))?;
    let mut small = picture.thumbnail(longest, longest);
    drop(picture);
    if let Some(orientation) = orientation {
        small.apply_orientation(orientation);
    }
    encode(&small, format).map(Some).map_err(|_failed| DAMAGED)
}

const TOO_LARGE: &str = "the picture has too many pixels";

fn refused(error: &ImageError) -> &'static str {
    match error {
        ImageError::Limits(_) => TOO_LARGE,
        _ => "the picture is damaged",
    }
}

/// A drawing with few colours or clear places stays sharp as PNG; all else is far smaller as JPEG.
fn encode(small: &DynamicImage, format: ImageFormat) -> Result<(Vec<u8>, PictureKind), ImageError> {
    let mut bytes = Vec::new();
    let is_clear = small.color().has_alpha() && small.to_rgba8().pixels().any(|pixel| pixel.0.last() != Some(&u8::MAX));
    if is_clear || format == ImageFormat::Gif {
        let eight = DynamicImage::from(small.to_rgba8());
        eight.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)?;
        return Ok((bytes, PictureKind::Png));
    }
    JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY).encode_image(&small.to_rgb8())?;
    Ok((bytes, PictureKind::Jpeg))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        bytes
    }

    /// Left half red, right half blue.
    fn halves(width: u32, height: u32) -> DynamicImage {
        let colour = |x, _| if x < width / 2 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) };
        RgbImage::from_fn(width, height, colour).into()
    }

    fn scaled(bytes: &[u8], longest: u32) -> (DynamicImage, PictureKind) {
        let (bytes, kind) = scale(bytes, longest).unwrap().unwrap();
        (image::load_from_memory(&bytes).unwrap(), kind)
    }

    /// A JPEG that says which way it is to be turned, as telephones write it.
    fn turned(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let exif =
            [&b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"[..], &[orientation], &b"\0\0\0\0\0\0"[..]]
                .concat();
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &b"\xff\xe1"[..], &length, &exif, &jpeg[2..]].concat()
    }

    #[test]
    fn every_kind_of_picture_becomes_smaller_and_keeps_its_shape() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
            let (small, kind) = scaled(&encoded(&halves(600, 300), format), 128);
            assert_eq!((small.width(), small.height()), (128, 64), "{format:?}");
            let expected = if format == ImageFormat::Gif { PictureKind::Png } else { PictureKind::Jpeg };
            assert_eq!(kind, expected, "{format:?}");
        }
    }

    #[test]
    fn clear_places_stay_clear() {
        let picture = RgbaImage::from_fn(300, 300, |x, _| Rgba([9, 9, 9, if x < 150 { 0 } else { 255 }]));
        let (small, kind) = scaled(&encoded(&picture.into(), ImageFormat::Png), 64);
        assert_eq!(kind, PictureKind::Png);
        assert_eq!(small.to_rgba8().get_pixel(5, 30).0[3], 0);
    }

    #[test]
    fn a_small_picture_is_left_as_it_is() {
        let bytes = encoded(&halves(100, 40), ImageFormat::Png);
        assert!(scale(&bytes, 128).unwrap().is_none());
        assert!(scale(&bytes, 100).unwrap().is_none());
    }

    #[test]
    fn a_telephones_picture_stands_upright() {
        let jpeg = encoded(&halves(400, 200), ImageFormat::Jpeg);
        // 6: to be turned a quarter clockwise, so that left comes to be above.
        let (small, _) = scaled(&turned(&jpeg, 6), 128);
        assert_eq!((small.width(), small.height()), (64, 128));
        let colours = small.to_rgb8();
        assert!(colours.get_pixel(32, 10).0[0] > 150 && colours.get_pixel(32, 118).0[2] > 150);
    }

    /// The beginning of a PNG of this size, with a checksum that holds.
    fn png_header(width: u32, height: u32) -> Vec<u8> {
        let mut chunk = b"IHDR".to_vec();
        chunk.extend(width.to_be_bytes());
        chunk.extend(height.to_be_bytes());
        chunk.extend([8, 6, 0, 0, 0]);
        let sum = crc32fast::hash(&chunk).to_be_bytes();
        [&b"\x89PNG\r\n\x1a\n\0\0\0\x0d"[..], &chunk, &sum].concat()
    }

    #[test]
    fn bombs_and_broken_files_are_refused_at_once() {
        let begun = Instant::now();
        let mut idat = png_header(20_000, 20_000);
        idat.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
        assert_eq!(scale(&idat, 128), Err(TOO_LARGE));
        assert!(scale(&png_header(u32::MAX, u32::MAX), 128).is_err());
        // A GIF whose screen is large and whose frame is small, and one the other way round.
        for (screen, frame) in [(u16::MAX, 1), (1, u16::MAX)] {
            let (screen, frame) = (screen.to_le_bytes(), frame.to_le_bytes());
            let gif = [
                &b"GIF89a"[..],
                &screen,
                &screen,
                b"\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0",
                &frame,
                &frame,
                b"\0\x02\x02\x44\x01\0;",
            ]
            .concat();
            // The screen's size counts, so that the small one is left as it is.
            assert_eq!(scale(&gif, 128).is_err(), screen != 1_u16.to_le_bytes());
        }
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
            let whole = encoded(&halves(600, 300), format);
            // What is missing is shown grey, or nothing is shown; either way nothing breaks.
            for length in [3, 12, 40, whole.len() / 2, whole.len() - 1] {
                let _either = scale(&whole[..length], 128);
            }
            assert!(scale(&whole[..40], 128).is_err(), "{format:?}");
        }
        for text in [&b""[..], b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", b"BM\0\0\0\0"] {
            assert!(scale(text, 128).is_err());
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }
}
