"""Which layers of a network are quantized, and which stay float."""

import re

from fault import Fault

_LAYERS = ("Convolution", "GroupConvolution", "ConvolutionBackpropData", "GroupConvolutionBackpropData", "MatMul")


def layers_of(network):
    """Names of the layers that a quantized network computes in int8: convolutions and matrix products."""
    return [node.friendly_name for node in network.get_ordered_ops() if node.get_type_name() in _LAYERS]


def float_layers(network, patterns):
    """Names of the layers that stay float: those that a pattern matches whole; without one, the last before each output (in
    human-pose-estimation-0001 Mconv7_stage2_*), whose error nothing evens out any more. Throws Fault unsupported."""
    if not patterns:
        return sorted({name for output in network.outputs for name in _last_layers(output.node)})
    layers = layers_of(network)
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


def joining_layers(network):
    """Names of the layers that read several tensors joined into one, which reach unlike far."""
    return sorted(
        node.friendly_name
        for node in network.get_ordered_ops()
        if node.get_type_name() in _LAYERS and node.input_value(0).node.get_type_name() == "Concat"
    )
