"""Evens out the channels of activations, which share one scale once they are quantized."""

import numpy as np
import onnx

from graph_index import GraphIndex
from onnx_session import session_of

# Channels that are as good as silent are not blown up: of the median channel, and of the loudest.
LEAST_OF_MEDIAN, LEAST_OF_PEAK = 0.1, 1e-3
# How far a weight of one channel may be below the largest of its output before it counts as that.
LEAST_WEIGHT = 1e-3


def equalize(model, inputs):
    """Divides each channel of a ReLU between convolutions by a factor that the weights on both sides take over, in place:
    the network computes the same, and its channels reach equally far. `inputs` are those to measure their reach with.

    A convolution of one channel at a time takes any factor, as its weights have a scale for each channel. Of others the
    factor is the geometric mean of what would even out the activations and what would even out the weights.
    Sources: cross-layer equalization, Nagel et al. 2019 (https://arxiv.org/abs/1906.04721); the mean of both, Xiao et al.
    2022 (https://arxiv.org/abs/2211.10438), its alpha of 0.5.
    """
    index = GraphIndex(model.graph)
    joints = [joint for node in model.graph.node if (joint := _joint(node, index)) is not None]
    reaches = _reaches(model, [tensor for _, tensor, _ in joints], inputs)
    for before, tensor, after in joints:
        if reaches[tensor].max() > 0:
            _even_out(index, before, reaches[tensor], after)


def _joint(node, index):
    """(convolution, its ReLU's output, the convolutions that read it), where nothing else takes part."""
    if node.op_type != "Relu":
        return None
    before, tensor = index.producer(node.input[0]), node.output[0]
    after = index.readers(tensor)
    if before is None or before.op_type != "Conv" or len(index.readers(node.input[0])) != 1:
        return None
    if index.is_output(node.input[0]) or index.is_output(tensor):
        return None
    reads = [reader.op_type == "Conv" and reader.input[0] == tensor for reader in after]
    if not reads or not all(reads) or not all(index.is_own_constant(name) for name in before.input[1:]):
        return None
    if not all(index.is_own_constant(reader.input[1]) for reader in after):
        return None
    channels = index.constant(before.input[1]).shape[0]
    whole = all(_group(reader) == 1 or index.constant(reader.input[1]).shape[:2] == (channels, 1) for reader in after)
    return (before, tensor, after) if whole else None


def _group(convolution):
    return next((attribute.i for attribute in convolution.attribute if attribute.name == "group"), 1)


def _reaches(model, tensors, inputs):
    """The largest value of each channel: {tensor: array}."""
    probed = onnx.ModelProto()
    probed.CopyFrom(model)
    del probed.graph.output[:]
    probed.graph.output.extend(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in tensors)
    if not tensors:
        return {}
    session = session_of(probed.SerializeToString())
    name = session.get_inputs()[0].name
    found = [[value.max(axis=(0, 2, 3)) for value in session.run(None, {name: each})] for each in inputs]
    return {tensor: np.max(values, axis=0) for tensor, values in zip(tensors, zip(*found))}


def _even_out(index, before, reach, after):
    reach = np.maximum(reach, max(LEAST_OF_MEDIAN * np.median(reach), LEAST_OF_PEAK * reach.max()))
    factor = reach / reach.max()
    whole = [index.constant(reader.input[1]) for reader in after if _group(reader) == 1]
    if whole:
        factor = np.sqrt(reach / np.max([_column_reach(weights) for weights in whole], axis=0))
        factor /= np.exp(np.log(factor).mean())
    weights, *biases = before.input[1:]
    index.replace_constant(weights, index.constant(weights) / factor[:, None, None, None])
    for bias in biases:
        index.replace_constant(bias, index.constant(bias) / factor)
    for reader in after:
        shape = (1, -1, 1, 1) if _group(reader) == 1 else (-1, 1, 1, 1)
        index.replace_constant(reader.input[1], index.constant(reader.input[1]) * factor.reshape(shape))


def _column_reach(weights):
    """The largest weight of each input channel, of the largest of its output channel."""
    size = np.abs(weights)
    rows = np.maximum(size.max(axis=(1, 2, 3), keepdims=True), np.finfo(np.float32).tiny)
    return np.maximum((size / rows).max(axis=(0, 2, 3)), LEAST_WEIGHT)
