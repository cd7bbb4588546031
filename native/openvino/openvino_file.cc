#include "openvino_file.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string_view>
#include <utility>

namespace pose {
namespace {

bool ends_in(const std::string& path, const std::string& ending) {
  if (path.size() < ending.size()) return false;
  return std::equal(ending.rbegin(), ending.rend(), path.rbegin(), [](char one, char other) {
    return one == std::tolower(static_cast<unsigned char>(other));
  });
}

/** The weights of an IR lie beside it; one that computes with none may have no such file. */
ModelFile read_weights(const std::string& xml, const Checksums& checksums) {
  const std::string path = xml.substr(0, xml.size() - 4) + ".bin";
  std::error_code absent;
  const bool has_some = std::filesystem::file_size(path, absent) > 0 && !absent;
  return has_some || checksums.count(path) > 0 ? read_model_file(path, checksums) : ModelFile();
}

/** Whether an ONNX file may name others in which its weights are: the key `location` of a protobuf map. */
bool may_name_others(const PageBuffer& onnx) {
  constexpr std::string_view kLocation("\n\x08location");
  const std::string_view bytes(onnx.data(), onnx.size());
  return bytes.find(kLocation) != std::string_view::npos;
}

/** The memory that a tensor was made of. */
class GivenPages {
 public:
  explicit GivenPages(PageBuffer bytes) : bytes_(std::make_shared<PageBuffer>(std::move(bytes))) {}
  void* allocate(size_t, size_t) { return bytes_->data(); }
  void deallocate(void*, size_t, size_t) noexcept {}
  bool is_equal(const GivenPages& other) const { return bytes_ == other.bytes_; }

 private:
  std::shared_ptr<PageBuffer> bytes_;
};

/** Reads a format that the runtime takes from files alone, and makes sure that it read what was hashed. */
std::shared_ptr<ov::Model> parse_path(ov::Core& core, const OpenVinoFile& file) {
  std::shared_ptr<ov::Model> model = core.read_model(file.path, std::string(), {ov::enable_mmap(false)});
  read_model_file(file.path, {{file.path, file.main.sha512}});
  return model;
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

ov::Tensor to_tensor(PageBuffer bytes) {
  const ov::Shape shape{bytes.size()};
  return ov::Tensor(ov::element::u8, shape, ov::Allocator(GivenPages(std::move(bytes))));
}

OpenVinoFile read_file(const std::string& path, const Checksums& checksums) {
  OpenVinoFile file;
  file.path = path;
  file.main = read_model_file(path, checksums);
  file.is_whole = true;
  if (ends_in(path, ".xml")) {
    file.format = ModelFormat::ir;
    file.weights = read_weights(path, checksums);
  } else if (ends_in(path, ".onnx")) {
    file.is_whole = !may_name_others(file.main.bytes);
    file.format = file.is_whole ? ModelFormat::onnx : ModelFormat::other;
  }
  return file;
}

std::shared_ptr<ov::Model> parse_file(ov::Core& core, OpenVinoFile file) {
  try {
    if (file.format == ModelFormat::other) return parse_path(core, file);
    const std::string text(file.main.bytes.data(), file.main.bytes.size());
    const bool has_weights = !file.weights.bytes.empty();
    return core.read_model(text, has_weights ? to_tensor(std::move(file.weights.bytes)) : ov::Tensor());
  } catch (const EngineError&) {
    throw;
  } catch (const std::exception& error) {
    throw EngineError("MODEL_UNREADABLE",
                      file.path + ": OpenVINO cannot read it as IR, ONNX or TFLite: " + plain_message(error));
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
