#pragma once

#include <exception>
#include <memory>
#include <openvino/openvino.hpp>
#include <string>

#include "pose/engine.h"

namespace pose {

/** OpenVINO's exceptions carry file and line of its own sources in front; people want the last words. */
std::string plain_message(const std::exception& error);

/** What a tensor is called: one of its names, or its node's where it has none. */
std::string name_of(const ov::Output<const ov::Node>& tensor);

/** An IR, ONNX or TFLite file. Throws EngineError MODEL_UNREADABLE. */
std::shared_ptr<ov::Model> read_file(ov::Core& core, const std::string& path);

/** Index of the colour axis: 1 in NCHW, 3 in NHWC. Throws EngineError MODEL_SHAPE_MISMATCH. */
int color_axis(const ov::PartialShape& shape, const std::string& path);

/** Inputs and outputs; `model` is reshaped where a size is given. Throws EngineError MODEL_SHAPE_MISMATCH. */
ModelOutline outline(ov::Model& model, const std::string& path, const PictureSize& size);

}  // namespace pose
