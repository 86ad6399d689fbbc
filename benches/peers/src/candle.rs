//! candle on the processor: its own BERT, from the safetensors file, in f32.

use std::path::Path;

use anyhow::Result;
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};

use crate::{Input, Peer};

pub(crate) struct Candle {
    model: BertModel,
}

impl Candle {
    pub(crate) fn open(model: &Path, threads: usize) -> Result<Self> {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
        let config: Config = serde_json::from_slice(&std::fs::read(model.join("config.json"))?)?;
        let weights = std::fs::read(model.join("model.safetensors"))?;
        let weights = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu)?;
        Ok(Self { model: BertModel::load(weights, &config)? })
    }
}

impl Peer for Candle {
    fn name(&self) -> String {
        "candle 0.11.1 fp32".to_owned()
    }

    fn embed(&mut self, input: &Input) -> Result<Vec<Vec<f32>>> {
        let ids = Tensor::new(input.ids.clone(), &Device::Cpu)?;
        let types = ids.zeros_like()?;
        // Nothing is padded, so that the mean is over all tokens.
        let means = self.model.forward(&ids, &types, None)?.mean(1)?;
        let lengths = means.sqr()?.sum_keepdim(1)?.sqrt()?;
        Ok(means.broadcast_div(&lengths)?.to_vec2()?)
    }
}
