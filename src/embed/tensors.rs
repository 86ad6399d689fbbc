//! The tensors of a safetensors file, read one at a time: a model is never in memory whole.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};

use crate::error::Error;

/// The most that the list of tensors may take, in bytes; that of a model with a thousand has 100 KB.
const LARGEST_HEADER: u64 = 8 << 20;
/// What every model has, after whatever its names begin with.
const KNOWN: &str = "embeddings.word_embeddings.weight";

/// An open safetensors file.
pub(crate) struct Tensors {
    path: PathBuf,
    file: BufReader<File>,
    /// Where the first tensor begins.
    data: u64,
    /// In bytes, of all tensors.
    length: u64,
    metadata: Metadata,
    /// Before the names that BERT gives its tensors: nothing, or `bert.`, or what a wrapper added.
    prefix: String,
}

impl Tensors {
    /// Opens a file and reads its list of tensors.
    ///
    /// # Errors
    /// When it cannot be read, is damaged or cut short, or is no model of BERT's architecture.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let unreadable = |cause| Error::Unreadable { path: path.to_owned(), cause };
        let damaged = |problem: String| Error::Model { path: path.to_owned(), problem };
        let mut file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let mut size = [0; 8];
        file.read_exact(&mut size).map_err(unreadable)?;
        let size = u64::from_le_bytes(size);
        if size > LARGEST_HEADER.min(length.saturating_sub(8)) {
            return Err(damaged(format!("not a safetensors file: its header would have {size} bytes")));
        }
        let mut header = Vec::new();
        Read::by_ref(&mut file).take(size).read_to_end(&mut header).map_err(unreadable)?;
        let metadata: Metadata =
            serde_json::from_slice(&header).map_err(|cause| damaged(format!("not a safetensors file: {cause}")))?;
        let data = 8 + size;
        if data.checked_add(metadata.data_len() as u64) != Some(length) {
            return Err(damaged(format!(
                "it has {length} bytes where its header says {}: was the download cut short?",
                data.saturating_add(metadata.data_len() as u64)
            )));
        }
        let prefix = metadata.offset_keys().into_iter().find_map(|name| name.strip_suffix(KNOWN).map(str::to_owned));
        let prefix = prefix.ok_or_else(|| damaged(format!("not a BERT model: it has no tensor {KNOWN}")))?;
        Ok(Self { path: path.to_owned(), file: BufReader::new(file), data, length, metadata, prefix })
    }

    /// The size of the file in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// The values of a tensor by the name that BERT gives it; none when there is no such tensor.
    ///
    /// # Errors
    /// When it cannot be read, or its values are neither F32, F16 nor BF16.
    pub(crate) fn read(&mut self, name: &str) -> Result<Option<Vec<f32>>, Error> {
        // Models from before 2019 write LayerNorm's parts so.
        let older = name
            .strip_suffix("LayerNorm.weight")
            .map(|stem| format!("{stem}LayerNorm.gamma"))
            .or_else(|| name.strip_suffix("LayerNorm.bias").map(|stem| format!("{stem}LayerNorm.beta")));
        let names = std::iter::once(name.to_owned()).chain(older);
        let Some((name, info)) = names
            .map(|name| format!("{}{name}", self.prefix))
            .find_map(|name| self.metadata.info(&name).cloned().map(|info| (name, info)))
        else {
            return Ok(None);
        };
        let value: fn(&[u8]) -> f32 = match info.dtype {
            Dtype::F32 => |bytes| f32::from_le_bytes(word(bytes)),
            Dtype::BF16 => |bytes| f32::from_bits(u32::from(u16::from_le_bytes(word(bytes))) << 16),
            Dtype::F16 => |bytes| half(u16::from_le_bytes(word(bytes))),
            other => {
                let problem =
                    format!("the tensor {name} has values of type {other:?}: only F32, F16 and BF16 are read");
                return Err(Error::Model { path: self.path.clone(), problem });
            }
        };
        self.values(&info, value).map(Some).map_err(|cause| Error::Unreadable { path: self.path.clone(), cause })
    }

    fn values(&mut self, info: &TensorInfo, value: fn(&[u8]) -> f32) -> std::io::Result<Vec<f32>> {
        let (start, end) = info.data_offsets;
        let size = if info.dtype == Dtype::F32 { 4 } else { 2 };
        self.file.seek(SeekFrom::Start(self.data + start as u64))?;
        // No more than the file has: its length was compared with the header.
        let mut values = Vec::with_capacity((end - start) / size);
        let mut buffer = vec![0; 64 << 10];
        let mut left = end - start;
        while left > 0 {
            let part = left.min(buffer.len());
            let bytes = buffer.get_mut(..part).unwrap_or_default();
            self.file.read_exact(bytes)?;
            values.extend(bytes.chunks_exact(size).map(value));
            left -= part;
        }
        Ok(values)
    }
}

/// The bytes of one value, of which there are always enough.
fn word<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().unwrap_or([0; N])
}

/// IEEE 754 binary16: sign, five bits of exponent, ten of fraction.
fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let fraction = f32::from(bits & 0x3ff);
    sign * match bits >> 10 & 0x1f {
        0 => fraction * 2.0_f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        exponent => (1.0 + fraction / 1024.0) * 2.0_f32.powi(i32::from(exponent) - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_read_as_the_standard_has_them() {
        for (bits, value) in [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x0400, 6.103_515_6e-5),
            (0x3555, 0.333_251_95),
            (0xfc00, f32::NEG_INFINITY),
        ] {
            assert_eq!(half(bits), value, "{bits:04x}");
        }
        assert!(half(0x7e00).is_nan());
        assert!(half(0x8000).is_sign_negative());
    }
}
