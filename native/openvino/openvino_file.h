#pragma once

#include <exception>
#include <memory>
#include <openvino/openvino.hpp>
#include <string>

#include "model_file.h"
#include "pose/engine.h"

namespace pose {

/** OpenVINO's exceptions carry file and line of its own sources in front; people want the last words. */
std::string plain_message(const std::exception& error);

/** What a tensor is called: one of its names, or its node's where it has none. */
std::string name_of(const ov::Output<const ov::Node>& tensor);

/** A tensor of bytes that owns them, as long as the runtime holds it. */
ov::Tensor to_tensor(PageBuffer bytes);

enum class ModelFormat { ir, onnx, other };

/** A model as it lies on the disk. */
struct OpenVinoFile {
  std::string path;
  ModelFormat format = ModelFormat::other;
  ModelFile main;
  ModelFile weights;  ///< of an IR, where it has any
  /** False where the runtime also reads files that were not looked at: weights beside an ONNX file. */
  bool is_whole = false;
};

/** Throws EngineError MODEL_UNREADABLE, MODEL_CHECKSUM_MISMATCH. */
OpenVinoFile read_file(const std::string& path, const Checksums& checksums);

/** The model in it, of the very bytes that were hashed. Throws EngineError MODEL_UNREADABLE. */
std::shared_ptr<ov::Model> parse_file(ov::Core& core, OpenVinoFile file);

/** Index of the colour axis: 1 in NCHW, 3 in NHWC. Throws EngineError MODEL_SHAPE_MISMATCH. */
int color_axis(const ov::PartialShape& shape, const std::string& path);

/** Inputs and outputs; `model` is reshaped where a size is given. Throws EngineError MODEL_SHAPE_MISMATCH. */
ModelOutline outline(ov::Model& model, const std::string& path, const PictureSize& size);

}  // namespace pose
