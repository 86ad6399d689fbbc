use tokenizers::{Tokenizer as Crate, TruncationParams};

/// Text to token identifiers.
pub(crate) struct Tokenizer {
    inner: Crate,
    counting: Crate,
}

impl Tokenizer {
    pub(crate) fn from_json(json: &[u8], max_tokens: usize) -> Result<Self, String> {
        let mut inner = Crate::from_bytes(json).map_err(|cause| cause.to_string())?;
        inner.with_padding(None);
        inner.set_encode_special_tokens(true);
        let mut counting = inner.clone();
        counting.with_truncation(None).map_err(|cause| cause.to_string())?;
        let truncation = TruncationParams { max_length: max_tokens, ..TruncationParams::default() };
        inner.with_truncation(Some(truncation)).map_err(|cause| cause.to_string())?;
        Ok(Self { inner, counting })
    }

    pub(crate) fn encode(&self, text: &str) -> Result<Vec<u32>, String> {
        Ok(self.inner.encode_fast(text, true).map_err(|cause| cause.to_string())?.get_ids().to_vec())
    }

    pub(crate) fn count(&self, text: &str) -> usize {
        self.counting.encode_fast(text, false).map_or(0, |encoding| encoding.len())
    }
}
