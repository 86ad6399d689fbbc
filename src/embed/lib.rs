//! Sentence embeddings on the processor: an int8 BERT encoder and its tokenizer.
