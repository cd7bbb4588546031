"""A float network as an INT8 IR, calibrated with pictures (NNCF's post-training quantization)."""

import logging
import os
import platform
from pathlib import Path

import nncf
import openvino as ov

from compare import compare
from fault import Fault
from layers import float_layers, layers_of
from network import is_quantized, outputs_of, quantizers, read_network
from pictures import InputMaker, fitted_pictures, some

# Of the calibration pictures, spread over them: as many as are compared with the source.
COMPARED = 8


def make_int8(request, stream, step):
    """Writes the IR request["output"] (.xml, its .bin beside it) and returns the report. Throws Fault."""
    source, output = request["source"], Path(request["output"])
    step("reading the model")
    network = read_network(source, request.get("size"), request["input"])
    if is_quantized(network):
        raise Fault("unsupported", f"{source} is quantized already; quantize the float model that it was made from")
    ignored = float_layers(network, request["ignore"])

    maker = InputMaker(list(network.input().shape), request["input"])
    pictures = fitted_pictures(maker, request, stream, step)
    step(f"calibrating with {len(pictures)} pictures")
    quantized = _quantize(network, nncf.Dataset(pictures, maker.tensor), len(pictures), ignored)

    ov.save_model(quantized, output, compress_to_fp16=False)
    step("running the source and the result")
    compared = some(pictures, COMPARED, maker)
    figures = compare(outputs_of(network, compared), outputs_of(output, compared))
    return {
        "bytes": os.path.getsize(output) + os.path.getsize(output.with_suffix(".bin")),
        "pictures": len(pictures),
        "opset": None,
        "layers": len(layers_of(network)),
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
