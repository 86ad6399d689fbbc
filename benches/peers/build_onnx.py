"""Builds the ONNX graphs of a BERT sentence encoder from its safetensors directory.

usage: build_onnx.py MODEL_DIR OUT_DIR

Writes, in the operators and order in which PyTorch exports them:
  hidden.onnx      input_ids, attention_mask, token_type_ids -> last_hidden_state (what fastembed expects)
  fp32.onnx        the same -> sentence_embedding (mean over the mask, length 1), with ONNX Runtime's fusions
  int8.onnx        that, unfused, after quantize_dynamic with its defaults; ONNX Runtime fuses what it can
"""

import json
import logging
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import optimizer
from onnxruntime.transformers.fusion_options import FusionOptions
from safetensors.numpy import load_file

OPSET = 17
IR_VERSION = 8


class Graph:
    """Collects nodes and weights; a node has one output, named after its place."""

    def __init__(self, weights):
        self.weights = weights
        self.nodes = []
        self.initializers = {}

    def constant(self, name, value):
        self.initializers.setdefault(name, numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def weight(self, name, transpose=False):
        value = self.weights[name]
        return self.constant(name, value.T if transpose else value)

    def add(self, operator, *inputs, name=None, **attributes):
        name = name or f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name

    def dense(self, value, prefix):
        product = self.add("MatMul", value, self.weight(f"{prefix}.weight", transpose=True))
        return self.add("Add", self.weight(f"{prefix}.bias"), product)

    def layer_norm(self, value, prefix, epsilon):
        scale, bias = self.weight(f"{prefix}.weight"), self.weight(f"{prefix}.bias")
        return self.add("LayerNormalization", value, scale, bias, axis=-1, epsilon=epsilon)

    def gelu(self, value):
        root = self.constant("sqrt_two", np.float32(2.0**0.5))
        erf = self.add("Erf", self.add("Div", value, root))
        one = self.add("Add", erf, self.constant("one", np.float32(1.0)))
        return self.add("Mul", self.add("Mul", value, one), self.constant("half", np.float32(0.5)))


def embeddings(graph, epsilon):
    prefix = "embeddings"
    words = graph.add("Gather", graph.weight(f"{prefix}.word_embeddings.weight"), "input_ids")
    types = graph.add("Gather", graph.weight(f"{prefix}.token_type_embeddings.weight"), "token_type_ids")
    length = graph.add("Gather", graph.add("Shape", "input_ids"), graph.constant("axis_1", np.int64(1)), axis=0)
    zero, one = graph.constant("zeros", np.array([0], np.int64)), graph.constant("ones", np.array([1], np.int64))
    end = graph.add("Unsqueeze", length, zero)
    known = len(graph.weights[f"{prefix}.position_embeddings.weight"])
    ids = graph.constant("position_ids", np.arange(known, dtype=np.int64)[None])
    ids = graph.add("Slice", ids, zero, end, one, one)
    positions = graph.add("Gather", graph.weight(f"{prefix}.position_embeddings.weight"), ids)
    summed = graph.add("Add", graph.add("Add", words, types), positions)
    return graph.layer_norm(summed, f"{prefix}.LayerNorm", epsilon)


def additive_mask(graph):
    """0 where a token counts, the smallest float where it is padding."""
    mask = graph.add("Unsqueeze", "attention_mask", graph.constant("ones", np.array([1], np.int64)))
    mask = graph.add("Unsqueeze", mask, graph.constant("twos", np.array([2], np.int64)))
    mask = graph.add("Cast", mask, to=TensorProto.FLOAT)
    mask = graph.add("Sub", graph.constant("one", np.float32(1.0)), mask)
    return graph.add("Mul", mask, graph.constant("smallest", np.finfo(np.float32).min))


def attention(graph, value, mask, prefix, heads, size):
    split = graph.constant("split", np.array([0, 0, heads, size], np.int64))
    merge = graph.constant("merge", np.array([0, 0, heads * size], np.int64))

    def head(which, order):
        projected = graph.dense(value, f"{prefix}.self.{which}")
        return graph.add("Transpose", graph.add("Reshape", projected, split), perm=order)

    query = head("query", [0, 2, 1, 3])
    key = head("key", [0, 2, 3, 1])
    values = head("value", [0, 2, 1, 3])
    scores = graph.add("Div", graph.add("MatMul", query, key), graph.constant("root", np.float32(size**0.5)))
    weights = graph.add("Softmax", graph.add("Add", scores, mask), axis=-1)
    context = graph.add("Transpose", graph.add("MatMul", weights, values), perm=[0, 2, 1, 3])
    return graph.dense(graph.add("Reshape", context, merge), f"{prefix}.output.dense")


def encoder(graph, config):
    epsilon = config["layer_norm_eps"]
    heads = config["num_attention_heads"]
    value = embeddings(graph, epsilon)
    mask = additive_mask(graph)
    for layer in range(config["num_hidden_layers"]):
        prefix = f"encoder.layer.{layer}"
        attended = attention(graph, value, mask, f"{prefix}.attention", heads, config["hidden_size"] // heads)
        value = graph.layer_norm(
            graph.add("Add", attended, value), f"{prefix}.attention.output.LayerNorm", epsilon
        )
        wide = graph.gelu(graph.dense(value, f"{prefix}.intermediate.dense"))
        narrow = graph.dense(wide, f"{prefix}.output.dense")
        value = graph.layer_norm(graph.add("Add", narrow, value), f"{prefix}.output.LayerNorm", epsilon)
    return value


def mean_pooling(graph, hidden):
    """The mean over the tokens that count, scaled to length 1."""
    mask = graph.add("Unsqueeze", "attention_mask", graph.constant("minus_ones", np.array([-1], np.int64)))
    mask = graph.add("Cast", mask, to=TensorProto.FLOAT)
    one = graph.constant("ones", np.array([1], np.int64))
    total = graph.add("ReduceSum", graph.add("Mul", hidden, mask), one, keepdims=0)
    mean = graph.add("Div", total, graph.add("ReduceSum", mask, one, keepdims=0))
    length = graph.add("ReduceL2", mean, axes=[1], keepdims=1)
    return graph.add("Div", mean, length)


def model(weights, config, pooled):
    graph = Graph(weights)
    result, shape = encoder(graph, config), ["batch", "tokens", config["hidden_size"]]
    name = "last_hidden_state"
    if pooled:
        result, shape = mean_pooling(graph, result), ["batch", config["hidden_size"]]
        name = "sentence_embedding"
    graph.nodes.append(helper.make_node("Identity", [result], [name], name=name))
    inputs = [
        helper.make_tensor_value_info(each, TensorProto.INT64, ["batch", "tokens"])
        for each in ("input_ids", "attention_mask", "token_type_ids")
    ]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)]
    proto = helper.make_graph(graph.nodes, "bert", inputs, outputs, list(graph.initializers.values()))
    made = helper.make_model(proto, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(made)
    return made


def main(model_dir, out_dir):
    logging.getLogger().setLevel(logging.ERROR)  # quantize_dynamic advises a step that changes nothing here
    source, out = pathlib.Path(model_dir), pathlib.Path(out_dir)
    out.mkdir(parents=True, exist_ok=True)
    weights = load_file(source / "model.safetensors")
    config = json.loads((source / "config.json").read_text())
    if config["hidden_act"] != "gelu":
        raise SystemExit(f"hidden_act is {config['hidden_act']!r}; this script knows gelu")

    onnx.save(model(weights, config, pooled=False), out / "hidden.onnx")
    plain = out / "plain.onnx"
    onnx.save(model(weights, config, pooled=True), plain)
    fused = optimizer.optimize_model(
        str(plain),
        model_type="bert",
        num_heads=config["num_attention_heads"],
        hidden_size=config["hidden_size"],
        optimization_options=FusionOptions("bert"),
        opt_level=0,
    )
    found = fused.get_fused_operator_statistics()
    print("fused operators:", {name: count for name, count in found.items() if count})
    fused.save_model_to_file(str(out / "fp32.onnx"))
    # Of the unfused graph: a little faster here than with quantized fused attention.
    quantize_dynamic(plain, out / "int8.onnx", weight_type=QuantType.QInt8)


if __name__ == "__main__":
    main(*sys.argv[1:])
