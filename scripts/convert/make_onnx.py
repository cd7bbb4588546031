"""A network as an ONNX file that was seen to compute the same."""

import itertools
import os

import numpy as np
import onnx

from compare import compare, require
from fault import Fault
from network import is_quantized, outputs_of, read_network, strip_quantization
from onnx_graph import facts_of, onnx_of, require_tensorrt, to_half
from onnx_session import session_of
from pictures import InputMaker, read_pictures

# What each output must correlate: fp32 and fp16 with the same arithmetic in OpenVINO, `rounded` with the INT8 source,
# whose own rounding is the difference. That of human-pose-estimation-0001 is the noise of its part affinity fields: 0.996 on
# the sample clip, 0.98 on pictures with one small person (heatmaps: 0.9997), and nothing much where nobody is.
LEAST = {"fp32": 0.9999, "fp16": 0.999, "rounded": 0.95}
HALF_MAX = float(np.finfo(np.float16).max)
NOISE_INPUTS = 2
NOISE_SEED = 20


def make_onnx(request, stream, step):
    """Writes request["output"] and returns the report. Throws Fault."""
    source, output, precision = request["source"], request["output"], request["precision"]
    step("reading the model")
    network = read_network(source, request.get("size"), request["input"])
    quantized = is_quantized(network)
    keeps_quantizers = quantized and precision == "fp32" and request["target"] == "onnxruntime"
    pictures, noise = _inputs(network, request, stream)

    step("running the source")
    rounded = outputs_of(network, pictures) if quantized else None
    if quantized and not keeps_quantizers:
        strip_quantization(network)
    same = None if keeps_quantizers else outputs_of(network, pictures + noise)

    step("converting")
    model = onnx_of(network)
    largest = None
    if precision == "fp16":
        largest = largest_activation(model, pictures)
        model = to_half(model)
    if request["target"] == "tensorrt":
        require_tensorrt(model)
    onnx.save(model, output)
    del model

    comparisons = []
    for runtime, run in (("openvino", outputs_of), ("onnxruntime", _onnxruntime_outputs)):
        step(f"running the result in {runtime}")
        results = run(output, pictures if same is None else pictures + noise)
        if same is not None:
            what = "the source without its quantizers" if quantized else "the source"
            comparisons.append((runtime, what, compare(same, results), LEAST[precision]))
        if rounded is not None:
            comparisons.append((runtime, "the source", compare(rounded, results[: len(pictures)]), LEAST["rounded"]))
    for runtime, what, figures, least in comparisons:
        require(figures, least, f"the result in {runtime} is not {what}")
    if largest is not None and largest > HALF_MAX:
        raise Fault("mismatch", f"a value inside the network reaches {largest:.4g}, and float16 ends at {HALF_MAX:.4g}")
    return {
        "bytes": os.path.getsize(output),
        "compared_on": {"pictures": len(pictures), "noise": 0 if same is None else len(noise)},
        "source_quantized": quantized,
        "largest_activation": largest,
        "comparisons": [
            {"runtime": runtime, "with": what, "least_correlation": least, "outputs": figures}
            for runtime, what, figures, least in comparisons
        ],
        **facts_of(onnx.load(output)),
    }


def _inputs(network, request, stream):
    maker = InputMaker(list(network.input().shape), request["input"])
    pictures = itertools.islice(read_pictures(stream), request["samples"])
    generator = np.random.default_rng(NOISE_SEED)
    noise = [maker.from_noise(generator) for _ in range(NOISE_INPUTS)]
    return [maker.from_picture(picture) for picture in pictures], noise


def largest_activation(model, inputs):
    """The largest absolute value that any tensor inside a float32 model takes. A CPU computes float16 models in float32:
    that one would overflow shows nowhere else."""
    probed = onnx.ModelProto()
    probed.CopyFrom(model)
    own = {output.name for output in probed.graph.output}
    inner = {name for node in probed.graph.node for name in node.output} - own
    probed.graph.output.extend(value for value in probed.graph.value_info if value.name in inner)
    session = session_of(probed.SerializeToString())
    name = session.get_inputs()[0].name
    return max(float(np.abs(tensor).max()) for value in inputs for tensor in session.run(None, {name: value}))


def _onnxruntime_outputs(file, inputs):
    session = session_of(file)
    name = session.get_inputs()[0].name
    names = [output.name for output in session.get_outputs()]
    return [dict(zip(names, session.run(names, {name: value}))) for value in inputs]
