"""A float network as an INT8 IR, calibrated with pictures (NNCF's post-training quantization)."""

import itertools
import logging
import os
import platform
import re
from pathlib import Path

import nncf
import openvino as ov

from compare import compare
from fault import Fault
from network import is_quantized, outputs_of, quantizers, read_network
from pictures import InputMaker, read_pictures

_LAYERS = ("Convolution", "GroupConvolution", "ConvolutionBackpropData", "GroupConvolutionBackpropData", "MatMul")
# Of the calibration pictures, spread over them: as many as are compared with the source.
COMPARED = 8


def make_int8(request, stream, step):
    """Writes the IR request["output"] (.xml, its .bin beside it) and returns the report. Throws Fault."""
    source, output = request["source"], Path(request["output"])
    step("reading the model")
    network = read_network(source, request.get("size"), request["input"])
    if is_quantized(network):
        raise Fault("unsupported", f"{source} is quantized already; quantize the float model that it was made from")
    layers = [node.friendly_name for node in network.get_ordered_ops() if node.get_type_name() in _LAYERS]
    ignored = _ignored(network, layers, request["ignore"])

    step("reading the calibration pictures")
    maker = InputMaker(list(network.input().shape), request["input"])
    pictures = [maker.fit(picture) for picture in itertools.islice(read_pictures(stream), request["samples"])]
    if not pictures:
        raise Fault("unsupported", "there is no picture to calibrate with")
    step(f"calibrating with {len(pictures)} pictures")
    quantized = _quantize(network, nncf.Dataset(pictures, maker.tensor), len(pictures), ignored)

    ov.save_model(quantized, output, compress_to_fp16=False)
    step("running the source and the result")
    compared = [maker.tensor(picture) for picture in pictures[:: max(1, len(pictures) // COMPARED)][:COMPARED]]
    figures = compare(outputs_of(network, compared), outputs_of(output, compared))
    return {
        "bytes": os.path.getsize(output) + os.path.getsize(output.with_suffix(".bin")),
        "pictures": len(pictures),
        "layers": len(layers),
        "ignored": ignored,
        "quantizers": len(quantizers(quantized)),
        "seven_bit_weights": not _multiplies_int8(),
        "outputs": figures,
    }


def _quantize(network, dataset, samples, ignored):
    nncf.set_log_level(logging.ERROR)
    # Without VNNI two products of 8 bits are summed in 16, which may overflow: weights then keep a bit free.
    spare_bit = {} if _multiplies_int8() else {"overflow_fix": nncf.OverflowFix.ENABLE}
    try:
        return nncf.quantize(
            network,
            dataset,
            # Activations with a zero point: those of ELU are not symmetric, and OpenVINO does not mind.
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=samples,
            ignored_scope=nncf.IgnoredScope(names=ignored),
            advanced_parameters=nncf.AdvancedQuantizationParameters(**spare_bit),
        )
    except Exception as error:  # whatever a network that NNCF does not know makes it throw
        raise Fault("unsupported", f"NNCF gives {type(error).__name__}: {error}") from error


def _multiplies_int8():
    if platform.machine() != "x86_64":
        return True
    flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    return "avx512_vnni" in flags or "avx_vnni" in flags


def _ignored(network, layers, patterns):
    """Layers that stay float: those that a pattern matches whole; without one, the last before each output (in
    human-pose-estimation-0001 Mconv7_stage2_*), whose error nothing evens out any more."""
    if not patterns:
        return sorted({name for output in network.outputs for name in _last_layers(output.node)})
    names = set()
    for pattern in patterns:
        found = [name for name in layers if re.fullmatch(pattern, name)]
        if not found:
            raise Fault("unsupported", f"no layer is called {pattern}; among them are {', '.join(layers[-3:])}")
        names.update(found)
    return sorted(names)


def _last_layers(node):
    found, seen, waiting = set(), set(), [node]
    while waiting:
        node = waiting.pop()
        if node.get_type_name() in _LAYERS:
            found.add(node.friendly_name)
            continue
        for value in node.input_values():
            if value.node.friendly_name not in seen:
                seen.add(value.node.friendly_name)
                waiting.append(value.node)
    return found
