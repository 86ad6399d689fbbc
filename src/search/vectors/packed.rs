//! A vector of length 1 as it is stored: 16 bits a number, and as it is scanned: 8 bits.

use super::bytes::{Reader, Writer};

const MOST_16: f32 = 32_767.0;
/// What the 16 bits are divided by to fit into 8.
const STEP: i32 = 258;

/// The numbers of a vector, each `value * scale`.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Packed {
    scale: f32,
    values: Vec<i16>,
}

impl Packed {
    /// Packs a vector; one that is not finite becomes all zero, which is like nothing.
    pub(super) fn of(vector: &[f32]) -> Self {
        let largest = vector.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        if !largest.is_finite() || largest == 0.0 {
            return Self { scale: 0.0, values: vec![0; vector.len()] };
        }
        let scale = largest / MOST_16;
        Self { scale, values: vector.iter().map(|value| (value / scale).round() as i16).collect() }
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.f32(self.scale);
        self.values.iter().for_each(|value| out.raw(&value.to_le_bytes()));
    }

    pub(super) fn read(input: &mut Reader<'_>, dimensions: usize) -> Option<Self> {
        let scale = input.f32()?;
        let bytes = input.raw(dimensions.checked_mul(2)?)?;
        let (pairs, _) = bytes.as_chunks::<2>();
        Some(Self { scale, values: pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect() })
    }

    /// Bytes of a written vector.
    pub(super) const fn size(dimensions: usize) -> usize {
        4 + 2 * dimensions
    }

    /// Appends the numbers in 8 bits; returns what they are to be multiplied with.
    pub(super) fn coarse(&self, out: &mut Vec<i8>) -> f32 {
        let half = STEP / 2;
        out.extend(self.values.iter().map(|value| {
            let value = i32::from(*value);
            let rounded = (value + half * value.signum()) / STEP;
            rounded.clamp(-127, 127) as i8
        }));
        self.scale * STEP as f32
    }

    /// The inner product with a vector that is not packed.
    pub(super) fn dot(&self, other: &[f32]) -> f32 {
        let sum: f32 = self.values.iter().zip(other).map(|(a, b)| f32::from(*a) * b).sum();
        sum * self.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packing_keeps_inner_products(values in prop::collection::vec(-1.0_f32..1.0, 64)) {
            let length = values.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-6);
            let vector: Vec<f32> = values.iter().map(|v| v / length).collect();
            let packed = Packed::of(&vector);
            prop_assert!((packed.dot(&vector) - 1.0).abs() < 1e-3);
            let mut coarse = Vec::new();
            let scale = packed.coarse(&mut coarse);
            let dot: f32 = coarse.iter().zip(&vector).map(|(a, b)| f32::from(*a) * scale * b).sum();
            prop_assert!((dot - 1.0).abs() < 0.02);
            let mut out = Writer::default();
            packed.write(&mut out);
            prop_assert_eq!(out.bytes.len(), Packed::size(64));
            prop_assert_eq!(Packed::read(&mut Reader::new(&out.bytes), 64), Some(packed));
        }
    }

    #[test]
    fn what_is_not_a_vector_is_like_nothing() {
        let broken = Packed::of(&[f32::NAN, 1.0]);
        assert_eq!(Packed::of(&[f32::INFINITY, 1.0]).dot(&[1.0, 1.0]), 0.0);
        assert_eq!(Packed::of(&[0.0, 0.0]).dot(&[1.0, 1.0]), 0.0);
        assert!(broken.dot(&[1.0, 1.0]).is_finite());
    }
}
