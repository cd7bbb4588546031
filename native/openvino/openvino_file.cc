#include "openvino_file.h"

#include <fstream>

namespace pose {
namespace {

/** Throws MODEL_UNREADABLE with what is wrong, so that the runtime's own words need not be read for it. */
void require_readable(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) throw EngineError("MODEL_UNREADABLE", path + ": no such file, or it may not be read");
  if (file.tellg() <= 0) throw EngineError("MODEL_UNREADABLE", path + ": the file is empty");
}

TensorOutline outline_of(const ov::Output<const ov::Node>& tensor) {
  TensorOutline outline;
  outline.name = name_of(tensor);
  outline.type = tensor.get_element_type().get_type_name();
  const ov::PartialShape& shape = tensor.get_partial_shape();
  outline.has_rank = shape.rank().is_static();
  if (!outline.has_rank) return outline;
  for (const ov::Dimension& dim : shape) outline.dims.push_back(dim.is_static() ? dim.get_length() : -1);
  return outline;
}

/** One picture of the given size, so that outputs that follow the input are known. */
void set_size(ov::Model& model, const std::string& path, const PictureSize& size) {
  if (size.width == 0 && size.height == 0) return;
  if (model.inputs().size() != 1) {
    throw EngineError("MODEL_SHAPE_MISMATCH",
                      path + ": expected 1 input, found " + std::to_string(model.inputs().size()));
  }
  const bool first = color_axis(model.input().get_partial_shape(), path) == 1;
  try {
    model.reshape(first ? ov::PartialShape{1, 3, size.height, size.width}
                        : ov::PartialShape{1, size.height, size.width, 3});
  } catch (const std::exception& error) {
    throw EngineError("MODEL_SHAPE_MISMATCH", path + ": cannot take pictures of " +
                                                  std::to_string(size.width) + "x" +
                                                  std::to_string(size.height) + ": " + plain_message(error));
  }
}

}  // namespace

std::string plain_message(const std::exception& error) {
  std::string text = error.what();
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  const size_t last_line = text.rfind('\n');
  return last_line == std::string::npos ? text : text.substr(last_line + 1);
}

std::string name_of(const ov::Output<const ov::Node>& tensor) {
  const auto& names = tensor.get_names();
  return names.empty() ? tensor.get_node()->get_friendly_name() : *names.begin();
}

std::shared_ptr<ov::Model> read_file(ov::Core& core, const std::string& path) {
  require_readable(path);
  try {
    return core.read_model(path);
  } catch (const std::exception& error) {
    throw EngineError("MODEL_UNREADABLE",
                      path + ": OpenVINO cannot read it as IR, ONNX or TFLite: " + plain_message(error));
  }
}

int color_axis(const ov::PartialShape& shape, const std::string& path) {
  if (shape.rank().is_static() && shape.rank().get_length() == 4) {
    for (int axis : {1, 3}) {
      if (shape[axis].is_static() && shape[axis].get_length() == 3) return axis;
    }
  }
  throw EngineError("MODEL_SHAPE_MISMATCH", path + ": expected one picture input of shape [1, 3, H, W] or " +
                                                "[1, H, W, 3], found " + shape.to_string());
}

ModelOutline outline(ov::Model& model, const std::string& path, const PictureSize& size) {
  set_size(model, path, size);
  ModelOutline outline;
  const ov::Model& read = model;
  for (const auto& input : read.inputs()) outline.inputs.push_back(outline_of(input));
  for (const auto& output : read.outputs()) outline.outputs.push_back(outline_of(output));
  return outline;
}

}  // namespace pose
