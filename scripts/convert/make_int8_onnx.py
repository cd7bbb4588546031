"""A network as an ONNX file with int8 quantizers as TensorRT takes them, calibrated with pictures."""

import logging
import os
import tempfile
from pathlib import Path

import onnx
from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

from compare import compare
from equalize import equalize
from fault import Fault
from graph_index import GraphIndex
from layers import float_layers, joining_layers, layers_of
from network import is_quantized, outputs_of, read_network, strip_quantization
from onnx_graph import OPSET, checked, onnx_of, require_tensorrt
from onnx_session import session_of
from pictures import InputMaker, fitted_pictures, some

_LAYERS = ("Conv", "ConvTranspose", "MatMul", "Gemm")
# Of the calibration pictures, spread over them: as many as the channels are measured with, and as are compared.
MEASURED, COMPARED = 16, 8
# Share of a tensor's values that its scale reaches, percent: a few values are far out, and would take the scale.
REACHED = 99.999


def make_int8_onnx(request, stream, step):
    """Writes request["output"] and returns the report. Quantizers of the source are taken out first. Throws Fault."""
    output = request["output"]
    step("reading the model")
    network = read_network(request["source"], request.get("size"), request["input"])
    if is_quantized(network):
        strip_quantization(network)
    ignored = float_layers(network, request["ignore"])
    if not request["ignore"]:
        # One scale for stage 1's fields beside its features costs most of human-pose-estimation-0001's agreement.
        ignored = sorted({*ignored, *joining_layers(network)})

    maker = InputMaker(list(network.input().shape), request["input"])
    pictures = fitted_pictures(maker, request, stream, step)
    step("evening out the channels")
    model = _with_folded_biases(onnx_of(network))
    equalize(model, some(pictures, MEASURED, maker))
    step(f"calibrating with {len(pictures)} pictures")
    quantized = _quantize(model, _Calibration(model.graph.input[0].name, pictures, maker), ignored)
    require_tensorrt(quantized)
    onnx.save(quantized, output)

    step("running the source and the result")
    compared = some(pictures, COMPARED, maker)
    operators = [node.op_type for node in quantized.graph.node]
    return {
        "bytes": os.path.getsize(output),
        "opset": OPSET,
        "pictures": len(pictures),
        "layers": len(layers_of(network)),
        "ignored": ignored,
        "quantizers": operators.count("QuantizeLinear"),
        "seven_bit_weights": False,
        "outputs": compare(outputs_of(network, compared), outputs_of(output, compared)),
    }


def _with_folded_biases(model):
    """TensorRT takes a bias for its convolution's own only where it stands in it."""
    with tempfile.TemporaryDirectory(prefix="pose-agent-convert-") as folder:
        file = Path(folder) / "folded.onnx"
        session_of(model.SerializeToString(), save_optimized=file)
        return onnx.load(file)


class _Calibration:
    """Pictures for ONNX Runtime's calibration, which keeps every tensor of as many as it takes in one go."""

    def __init__(self, name, pictures, maker):
        self._name, self._pictures, self._maker = name, pictures, maker
        self.set_range(0, len(pictures))

    def __len__(self):
        return len(self._pictures)

    def set_range(self, start_index, end_index):
        self._rest = iter(self._pictures[start_index:end_index])

    def get_next(self):
        picture = next(self._rest, None)
        return None if picture is None else {self._name: self._maker.tensor(picture)}


def _quantize(model, calibration, ignored):
    """Q/DQ on the inputs and weights of layers and on both sides of sums, symmetric int8. Weights stay float in front of
    their quantizers: not every TensorRT 8 takes int8 constants. Sources: NVIDIA's guidance on the placement of Q/DQ
    (https://docs.nvidia.com/deeplearning/tensorrt/latest/inference-library/quantized-types-explicit-quantization.html), and
    https://github.com/microsoft/onnxruntime/issues/11535 for the constants."""
    logging.disable(logging.WARNING)
    operators = [*_LAYERS, "Add"]
    with tempfile.TemporaryDirectory(prefix="pose-agent-convert-") as folder:
        source, output = Path(folder) / "float.onnx", Path(folder) / "int8.onnx"
        onnx.save(model, source)
        try:
            quantize_static(
                source,
                output,
                calibration,
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=operators,
                nodes_to_exclude=[*ignored, *_float_sums(model.graph)],
                activation_type=QuantType.QInt8,
                weight_type=QuantType.QInt8,
                per_channel=True,
                calibrate_method=CalibrationMethod.Percentile,
                extra_options={
                    "CalibPercentile": REACHED,
                    "CalibStridedMinMax": 1,  # pictures at a time
                    "ActivationSymmetric": True,
                    "WeightSymmetric": True,
                    "AddQDQPairToWeight": True,
                    "QuantizeBias": False,
                    # What a layer writes is quantized by whoever reads it as int8.
                    "OpTypesToExcludeOutputQuantization": operators,
                    "QDQOpTypePerChannelSupportToAxis": {"Conv": 0, "ConvTranspose": 1},
                },
            )
        except Exception as error:  # whatever a network that it does not know makes it throw
            raise Fault("unsupported", f"ONNX Runtime's quantization gives {type(error).__name__}: {error}") from error
        quantized = onnx.load(output)
    _free_fused_sums(quantized.graph)
    del quantized.opset_import[:], quantized.metadata_props[:], quantized.graph.value_info[:]
    quantized.opset_import.append(onnx.helper.make_opsetid("", OPSET))
    quantized.producer_name, quantized.producer_version = "edge-pose-agent", ""
    return checked(quantized)


def _float_sums(graph):
    """Names of the sums that stay float: with a constant, and behind the last layers."""
    index = GraphIndex(graph)
    names = {node.name for node in graph.node if node.op_type == "Add" and any(map(index.is_constant, node.input))}
    waiting = [output.name for output in graph.output]
    while waiting:
        node = index.producer(waiting.pop())
        if node is None or node.op_type in _LAYERS:
            continue
        if node.op_type == "Add":
            names.add(node.name)
        waiting.extend(node.input)
    return sorted(names)


def _free_fused_sums(graph):
    """Takes the quantizer out between a convolution and the sum that alone reads it, in place: TensorRT computes both in
    one, and only the other summand comes to it as int8."""
    index = GraphIndex(graph)
    for node in [node for node in graph.node if node.op_type == "Add"]:
        for position, name in enumerate(node.input):
            dequantize = index.producer(name)
            quantize = dequantize and index.producer(dequantize.input[0])
            if quantize is None or quantize.op_type != "QuantizeLinear":
                continue
            convolution = index.producer(quantize.input[0])
            alone = all(len(index.readers(each)) == 1 for each in (name, dequantize.input[0], quantize.input[0]))
            if convolution is None or convolution.op_type not in ("Conv", "ConvTranspose") or not alone:
                continue
            node.input[position] = quantize.input[0]
            graph.node.remove(quantize)
            graph.node.remove(dequantize)
            break
