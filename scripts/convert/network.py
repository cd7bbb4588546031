"""Networks in OpenVINO: read, given fixed shapes, freed of their quantization."""

from pathlib import Path

import numpy as np
import openvino as ov
from openvino.passes import ConstantFolding, Manager

from fault import Fault

_core = ov.Core()


def read_network(path, size=None, spec=None):
    """Reads an IR, ONNX or TFLite file. `size` (height, width in px) changes its input; open dimensions are taken from
    the input's `spec`, and the batch is one."""
    try:
        network = _core.read_model(path)
    except RuntimeError as error:
        raise Fault("unreadable", f"{path}: {_last_line(error)}") from error
    if len(network.inputs) != 1:
        raise Fault("unsupported", f"{path} has {len(network.inputs)} inputs, expected one")
    shape = network.input().partial_shape
    if shape.rank.is_dynamic or shape.rank.get_length() != 4:
        raise Fault("unsupported", f"{path}: its input has the shape {shape}, expected four dimensions")
    try:
        _fix_shape(network, shape, size, spec)
    except RuntimeError as error:
        wanted = "x".join(map(str, size)) if size else "fixed shapes"
        raise Fault("unsupported", f"{path} does not take {wanted}: {_last_line(error)}") from error
    return network


def _fix_shape(network, shape, size, spec):
    if shape.is_static and size is None:
        return
    channels_first = str(shape[1]) == "3"
    wanted = [1, 3, 0, 0] if channels_first else [1, 0, 0, 3]
    for axis, name in zip((2, 3) if channels_first else (1, 2), ("height", "width")):
        given = size[name == "width"] if size else spec[name]
        wanted[axis] = given if size or shape[axis].is_dynamic else shape[axis].get_length()
    network.reshape(ov.PartialShape(wanted))
    for output in network.outputs:
        if output.partial_shape.is_dynamic:
            raise RuntimeError(f"output {output_name(output)} has the shape {output.partial_shape}")


def _last_line(error):
    return str(error).strip().splitlines()[-1].strip()


def output_name(output):
    """What the output is called; one without a name is called after its layer."""
    return min(output.names) if output.names else output.node.input_value(0).node.friendly_name


def quantizers(network):
    return [node for node in network.get_ordered_ops() if node.get_type_name() == "FakeQuantize"]


def is_quantized(network):
    return len(quantizers(network)) > 0


def strip_quantization(network):
    """Takes the quantizers of activations out and makes float weights of those of weights.

    A quantizer rounds and clips to its range; both are noise that training or calibration kept small, so that the network
    without them computes what it was quantized from. One that also scales would be part of the arithmetic: Fault.
    """
    for node in quantizers(network):
        value = node.input_value(0)
        if value.node.get_type_name() in ("Constant", "Convert", "Multiply", "Subtract") and _is_constant(value.node):
            continue  # of weights: folded below
        low, high, out_low, out_high = (node.input_value(port).node.get_data().astype(np.float64) for port in range(1, 5))
        if not (np.allclose(low, out_low, rtol=1e-3) and np.allclose(high, out_high, rtol=1e-3)):
            raise Fault("unsupported", f"the quantizer {node.friendly_name} changes the range of its values")
        for consumer in list(node.output(0).get_target_inputs()):
            consumer.replace_source_output(value)
    passes = Manager()
    passes.register_pass(ConstantFolding())
    passes.run_passes(network)
    network.validate_nodes_and_infer_types()


def _is_constant(node):
    if node.get_type_name() == "Constant":
        return True
    inputs = [value.node for value in node.input_values()]
    return len(inputs) > 0 and all(_is_constant(each) for each in inputs)


def outputs_of(network, inputs):
    """Runs a network (or the file of one) on the CPU in f32: {output's name: array}, one for each input."""
    if isinstance(network, (str, Path)):
        network = read_network(network)
    compiled = _core.compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    names = [output_name(output) for output in network.outputs]
    request = compiled.create_infer_request()
    results = []
    for value in inputs:
        request.infer([value])
        results.append({name: request.get_output_tensor(i).data.astype(np.float32) for i, name in enumerate(names)})
    return results
