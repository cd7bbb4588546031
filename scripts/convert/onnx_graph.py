"""An OpenVINO network as a plain ONNX graph: weights as initializers, the source's names, one float type."""

import logging
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import openvino as ov
import openvino2onnx
from onnx import TensorProto, numpy_helper

from fault import Fault
from network import output_name

# What TensorRT 8.5 documents, and every later one reads.
OPSET = 17

# Of https://github.com/onnx/onnx-tensorrt/blob/release/8.5-GA/docs/operators.md: those that pose networks use.
TENSORRT_OPERATORS = frozenset(
    """Abs Add ArgMax AveragePool BatchNormalization Cast Ceil Clip Concat Constant ConstantOfShape Conv ConvTranspose
    DepthToSpace DequantizeLinear Div Elu Equal Erf Exp Expand Flatten Floor Gather GatherElements GatherND Gemm
    GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual HardSigmoid HardSwish Identity InstanceNormalization
    LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax MatMul Max MaxPool Mean Min Mul Neg PRelu Pad Pow
    QuantizeLinear ReduceL2 ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum Relu Reshape Resize ScatterElements
    ScatterND Selu Shape Sigmoid Slice Softmax Softplus SpaceToDepth Split Sqrt Squeeze Sub Sum Tanh TopK Transpose
    Unsqueeze Upsample Where""".split()
)


def onnx_of(network):
    """The network as an ONNX model of OPSET, not saved. Throws Fault unsupported."""
    onnxruntime.set_default_logger_severity(3)
    logging.getLogger("openvino2onnx").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="pose-agent-convert-") as folder:
        file = Path(folder) / "network.xml"
        ov.save_model(network, file, compress_to_fp16=False)
        try:
            model = openvino2onnx.convert(file, print_passes=False, target_opset=OPSET)
        except Exception as error:  # whatever a layer that it does not know makes it throw
            raise Fault("unsupported", f"openvino2onnx gives {type(error).__name__}: {error}") from error
    graph = model.graph
    _constants_to_initializers(graph)
    _drop_unread_outputs(graph)
    _rename_interface(graph, network)
    _halves_to_floats(graph)
    graph.name = network.friendly_name
    model.producer_name, model.producer_version = "edge-pose-agent", ""
    return checked(model)


def _constants_to_initializers(graph):
    constants = [node for node in graph.node if node.op_type == "Constant"]
    for node in constants:
        tensor = numpy_helper.from_array(numpy_helper.to_array(node.attribute[0].t), node.output[0])
        graph.initializer.append(tensor)
        graph.node.remove(node)


def _drop_unread_outputs(graph):
    """MaxPool's second output, its indices, is something that TensorRT does not have."""
    read = {name for node in graph.node for name in node.input} | {output.name for output in graph.output}
    for node in graph.node:
        while len(node.output) > 1 and node.output[-1] not in read:
            del node.output[-1]


def _rename_interface(graph, network):
    """Inputs and outputs under the source's names and in its order; inner tensors that have such a name make way."""
    # The converter calls an output after its Result layer, an input after its Parameter layer.
    names = {output.node.friendly_name: output_name(output) for output in network.outputs}
    names |= {value.node.friendly_name: value.any_name for value in network.inputs}
    inner = {name for node in graph.node for name in node.output} - set(names)
    inner |= {tensor.name for tensor in graph.initializer}
    names |= {name: f"{name}/inner" for name in inner & set(names.values())}
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for value in [*graph.input, *graph.output, *graph.initializer]:
        value.name = names.get(value.name, value.name)
    order = [output_name(output) for output in network.outputs]
    outputs = sorted(graph.output, key=lambda output: order.index(output.name))
    del graph.output[:]
    graph.output.extend(outputs)


def _halves_to_floats(graph):
    """An IR of half precision computes in float on a CPU; so does this. Casts that then do nothing are taken out."""
    for tensor in graph.initializer:
        if tensor.data_type == TensorProto.FLOAT16:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float32), tensor.name))
    for node in graph.node:
        if node.op_type == "Cast":
            for attribute in node.attribute:
                if attribute.name == "to" and attribute.i == TensorProto.FLOAT16:
                    attribute.i = TensorProto.FLOAT
    for value in [*graph.input, *graph.output]:
        if value.type.tensor_type.elem_type == TensorProto.FLOAT16:
            value.type.tensor_type.elem_type = TensorProto.FLOAT
    del graph.value_info[:]


def checked(model):
    """With every shape inferred, and without casts from float to float."""
    model = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    graph = model.graph
    types = {value.name: value.type.tensor_type.elem_type for value in [*graph.value_info, *graph.input, *graph.output]}
    kept = {output.name for output in graph.output}
    producers = {name: node for node in graph.node for name in node.output}
    for node in [node for node in graph.node if node.op_type == "Cast"]:
        source, target = node.input[0], node.output[0]
        if types.get(source) != node.attribute[0].i:
            continue
        if target not in kept:
            _replace_reads(graph, target, source)
        elif source in producers and source not in kept:
            # The output takes the place of what was cast to it.
            _replace_reads(graph, source, target)
            outputs = producers[source].output
            outputs[:] = [target if name == source else name for name in outputs]
        else:
            continue
        graph.node.remove(node)
    onnx.checker.check_model(model, full_check=True)
    return model


def _replace_reads(graph, old, new):
    for node in graph.node:
        node.input[:] = [new if name == old else name for name in node.input]


def to_half(model):
    """Weights and arithmetic in float16; inputs and outputs stay float32."""
    from onnxruntime.transformers.float16 import convert_float_to_float16
    from onnxruntime.transformers.onnx_model import OnnxModel

    half = convert_float_to_float16(model, keep_io_types=True)
    OnnxModel.graph_topological_sort(half.graph)  # the casts of the inputs were put at its end
    onnx.checker.check_model(half, full_check=True)
    return half


def require_tensorrt(model):
    """Throws Fault unsupported where the graph has what TensorRT's parser does not take."""
    operators = {node.op_type for node in model.graph.node}
    unknown = operators - TENSORRT_OPERATORS
    if unknown:
        raise Fault("unsupported", f"TensorRT 8.5 does not take the operators {', '.join(sorted(unknown))}")
    for value in [*model.graph.input, *model.graph.output]:
        if not all(dimension.dim_value > 0 for dimension in value.type.tensor_type.shape.dim):
            raise Fault("unsupported", f"{value.name} has no fixed shape")


def facts_of(model):
    """What the file is, for the report."""
    types = {}
    for tensor in model.graph.initializer:
        name = TensorProto.DataType.Name(tensor.data_type).lower()
        types[name] = types.get(name, 0) + 1
    operators = [node.op_type for node in model.graph.node]
    return {
        "opset": model.opset_import[0].version,
        "operators": {name: operators.count(name) for name in sorted(set(operators))},
        "initializers": types,
        "inputs": {value.name: _shape(value) for value in model.graph.input},
        "outputs": {value.name: _shape(value) for value in model.graph.output},
    }


def _shape(value):
    return [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
