"""Models in ONNX Runtime."""

import onnxruntime


def session_of(model, save_optimized=None):
    """A session on the CPU. `save_optimized` is where its graph is written, with constants and biases folded in and no
    operator but ONNX's own."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if save_optimized is not None:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(save_optimized)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
