//! Replaced by the encoder.

pub(crate) struct Encoder;

#[derive(Default)]
pub(crate) struct Scratch;

impl Encoder {
    pub(crate) fn dimensions(&self) -> usize {
        384
    }

    pub(crate) fn embed(&self, _: &mut Scratch, batch: &[&[u32]], out: &mut [f32]) -> Result<(), String> {
        for (ids, vector) in batch.iter().zip(out.chunks_exact_mut(384)) {
            vector.fill(0.0);
            for id in ids.get(1..ids.len() - 1).unwrap_or_default() {
                let bits = id.wrapping_mul(2_654_435_761);
                vector[bits as usize % 384] += if bits & 0x8000_0000 == 0 { 1.0 } else { -1.0 };
            }
            let norm = vector.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-6);
            vector.iter_mut().for_each(|v| *v /= norm);
        }
        Ok(())
    }
}
