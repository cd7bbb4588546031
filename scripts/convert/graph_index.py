"""Who writes and who reads a tensor of an ONNX graph."""

import numpy as np
from onnx import numpy_helper


class GraphIndex:
    """Of a graph whose nodes stay as they are; its constants may be replaced."""

    def __init__(self, graph):
        self._constants = {tensor.name: tensor for tensor in graph.initializer}
        self._producers = {name: node for node in graph.node for name in node.output}
        self._outputs = {output.name for output in graph.output}
        self._readers = {}
        for node in graph.node:
            for name in node.input:
                self._readers.setdefault(name, []).append(node)

    def producer(self, name):
        """The node that writes a tensor; None of a constant and of an input."""
        return self._producers.get(name)

    def readers(self, name):
        """The nodes that read a tensor, one as often as it does."""
        return self._readers.get(name, [])

    def is_output(self, name):
        return name in self._outputs

    def is_constant(self, name):
        return name in self._constants

    def is_own_constant(self, name):
        """True of a constant that one node alone reads."""
        return name in self._constants and len(self.readers(name)) == 1

    def constant(self, name):
        return numpy_helper.to_array(self._constants[name])

    def replace_constant(self, name, value):
        self._constants[name].CopyFrom(numpy_helper.from_array(np.asarray(value, np.float32), name))
