"""ONNX Runtime as a peer: reads one JSON request a line, answers with one JSON line.

usage: onnxruntime_peer.py MODEL.onnx THREADS

{"do": "time", "ids": [[101, ...], ...], "repeat": 5}   -> {"seconds": [...]}, one a repetition
{"do": "embed", "ids": [[101, ...], ...]}               -> {"vectors": [[...], ...]}
The token ids of one timed request have one length.
"""

import json
import sys
import time

import numpy as np
import onnxruntime

BATCH = 32


class Encoder:
    def __init__(self, path, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def run(self, inputs):
        return self.session.run(["sentence_embedding"], inputs)[0]

    def embed(self, ids):
        """Batches of similar length, in the order in which the sequences came."""
        order = sorted(range(len(ids)), key=lambda at: len(ids[at]))
        vectors = [None] * len(ids)
        for begin in range(0, len(order), BATCH):
            batch = order[begin : begin + BATCH]
            for at, vector in zip(batch, self.run(tensors([ids[at] for at in batch]))):
                vectors[at] = vector
        return vectors


def tensors(ids):
    """The three inputs; shorter sequences are padded."""
    longest = max(map(len, ids))
    padded = np.zeros((len(ids), longest), np.int64)
    mask = np.zeros_like(padded)
    for row, sequence in enumerate(ids):
        padded[row, : len(sequence)] = sequence
        mask[row, : len(sequence)] = 1
    return {"input_ids": padded, "attention_mask": mask, "token_type_ids": np.zeros_like(padded)}


def main(path, threads):
    encoder = Encoder(path, int(threads))
    print(json.dumps({"name": f"ONNX Runtime {onnxruntime.__version__}"}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "embed":
            answer = {"vectors": [vector.tolist() for vector in encoder.embed(request["ids"])]}
        else:
            inputs = tensors(request["ids"])
            seconds = []
            for _ in range(request["repeat"]):
                begun = time.perf_counter()
                encoder.run(inputs)
                seconds.append(time.perf_counter() - begun)
            answer = {"seconds": seconds}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
