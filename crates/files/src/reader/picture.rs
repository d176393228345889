//! Smaller copies of pictures: upright, without metadata, drawn anew.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder as _, ImageReader, Limits};

use super::Finding;

/// Memory that a decoder may take, in bytes.
const MOST_MEMORY: u64 = 600 << 20;
/// Of JPEG copies.
const QUALITY: u8 = 82;

/// A copy no longer than `side` on any side. A picture that is smaller keeps its size.
pub(super) fn shrink(bytes: &[u8], side: u32) -> anyhow::Result<(Finding, Vec<u8>)> {
    let mut decoder = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?.into_decoder()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    decoder.set_limits(limits)?;
    let upright = decoder.orientation().ok();
    let mut picture = DynamicImage::from_decoder(decoder)?;
    if picture.width().max(picture.height()) > side {
        picture = picture.thumbnail(side, side);
    }
    if let Some(upright) = upright {
        picture.apply_orientation(upright);
    }
    let mut copy = Cursor::new(Vec::new());
    let content_type = if picture.color().has_alpha() {
        picture.write_to(&mut copy, image::ImageFormat::Png)?;
        "image/png"
    } else {
        picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut copy, QUALITY))?;
        "image/jpeg"
    };
    let (width, height) = (i32::try_from(picture.width())?, i32::try_from(picture.height())?);
    Ok((Finding { content_type: content_type.to_owned(), width, height, truncated: false }, copy.into_inner()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_shrink_and_keep_their_shape() {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(640, 320).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        let (finding, copy) = shrink(bytes.get_ref(), 64).unwrap();
        assert_eq!((finding.width, finding.height, finding.content_type.as_str()), (64, 32, "image/jpeg"));
        assert!(copy.starts_with(&[0xff, 0xd8]));
        assert!(shrink(b"\x89PNG\r\n\x1a\n", 64).is_err());
    }
}
