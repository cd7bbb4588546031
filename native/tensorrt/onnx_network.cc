#include "onnx_network.h"

#include <algorithm>

#include "tensorrt_log.h"

namespace pose {
namespace {

bool ends_in(const std::string& text, const std::string& ending) {
  return text.size() >= ending.size() &&
         text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

EngineError unreadable(const std::string& path, const std::string& why) {
  return EngineError("MODEL_UNREADABLE", path + ": " + why);
}

/** Explicit batches are a flag before 10, and all there is from then on; types by the model alone are a flag
 * before 11, and all there is from then on. */
uint32_t creation_flags([[maybe_unused]] bool strongly_typed) {
#if NV_TENSORRT_MAJOR < 10
  return 1U << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kEXPLICIT_BATCH);
#elif NV_TENSORRT_MAJOR < 11
  return strongly_typed
             ? 1U << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED)
             : 0U;
#else
  return 0U;
#endif
}

std::string parser_errors(const nvonnxparser::IParser& parser) {
  std::string errors;
  for (int i = 0; i < parser.getNbErrors(); ++i) {
    const nvonnxparser::IParserError* error = parser.getError(i);
    errors += std::string(errors.empty() ? "" : "; ") + error->desc();
    if (error->node() >= 0) errors += " (node " + std::to_string(error->node()) + ")";
  }
  return errors;
}

OnnxNetwork parse(const PageBuffer& onnx, const std::string& path, bool strongly_typed) {
  OnnxNetwork parsed;
  tensorrt_log().take_errors();  // of an earlier failure
  parsed.builder.reset(nvinfer1::createInferBuilder(tensorrt_log()));
  if (!parsed.builder) throw tensorrt_error("ENGINE_DEVICE_ABSENT", "TensorRT's builder does not start");
  parsed.network.reset(parsed.builder->createNetworkV2(creation_flags(strongly_typed)));
  if (!parsed.network) throw tensorrt_error("ENGINE_FAILED", "TensorRT makes no network");
  parsed.parser.reset(nvonnxparser::createParser(*parsed.network, tensorrt_log()));
  if (!parsed.parser) throw tensorrt_error("ENGINE_FAILED", "TensorRT's ONNX parser does not start");
  if (!parsed.parser->parse(onnx.data(), onnx.size())) {
    const std::string errors = parser_errors(*parsed.parser);
    throw unreadable(
        path, "TensorRT cannot read it as ONNX: " + (errors.empty() ? tensorrt_log().take_errors() : errors));
  }
  for (int i = 0; i < parsed.network->getNbLayers(); ++i) {
    const nvinfer1::ILayer& layer = *parsed.network->getLayer(i);
    parsed.is_quantized |= layer.getType() == nvinfer1::LayerType::kQUANTIZE;
    for (int output = 0; output < layer.getNbOutputs(); ++output) {
      const nvinfer1::DataType type = layer.getOutput(output)->getType();
      parsed.has_half |= type == nvinfer1::DataType::kHALF;
#if NV_TENSORRT_MAJOR >= 10
      parsed.has_bf16 |= type == nvinfer1::DataType::kBF16;
#endif
    }
  }
  parsed.is_strongly_typed = strongly_typed;
  return parsed;
}

}  // namespace

ModelFile read_onnx_file(const std::string& path, const Checksums& checksums) {
  if (ends_in(path, ".xml") || ends_in(path, ".tflite")) {
    throw unreadable(path, "TensorRT reads ONNX alone; `pose-agent models convert` makes one");
  }
  if (ends_in(path, ".engine") || ends_in(path, ".plan") || ends_in(path, ".trt")) {
    throw unreadable(path, "a plan is a program of whoever made it; give the ONNX file it was made of");
  }
  return read_model_file(path, checksums);
}

OnnxNetwork parse_onnx(const PageBuffer& onnx, const std::string& path) {
  constexpr bool kAlwaysStrong = NV_TENSORRT_MAJOR >= 11;
  constexpr bool kMayBeStrong = NV_TENSORRT_MAJOR == 10;
  {
    OnnxNetwork parsed = parse(onnx, path, kAlwaysStrong);
    if (!kMayBeStrong || !(parsed.has_half || parsed.has_bf16 || parsed.is_quantized)) return parsed;
  }
  // A model that says itself what is of 16 or 8 bits is taken at its word.
  return parse(onnx, path, true);
}

PictureInput picture_input(const OnnxNetwork& parsed, const std::string& path) {
  const nvinfer1::INetworkDefinition& network = *parsed.network;
  const auto mismatch = [&](const std::string& what) {
    return EngineError("MODEL_SHAPE_MISMATCH", path + ": " + what);
  };
  if (network.getNbInputs() != 1) {
    throw mismatch("expected 1 input, found " + std::to_string(network.getNbInputs()));
  }
  nvinfer1::ITensor* tensor = network.getInput(0);
  const nvinfer1::Dims dims = tensor->getDimensions();
  const bool is_first = dims.nbDims == 4 && dims.d[1] == 3;
  if (!is_first && !(dims.nbDims == 4 && dims.d[3] == 3)) {
    throw mismatch("expected one picture input of shape [1, 3, H, W] or [1, H, W, 3], found " +
                   to_text(dims));
  }
  if (tensor->getType() != nvinfer1::DataType::kFLOAT) {
    throw mismatch(std::string("expected an input of f32, found ") + type_name(tensor->getType()));
  }
  return {tensor, !is_first};
}

void set_picture_size(const PictureInput& input, int batch, int height, int width) {
  nvinfer1::Dims dims = input.tensor->getDimensions();
  dims.d[0] = batch;
  dims.d[input.channels_last ? 1 : 2] = height;
  dims.d[input.channels_last ? 2 : 3] = width;
  dims.d[input.channels_last ? 3 : 1] = 3;
  input.tensor->setDimensions(dims);
}

void require_known_shapes(const nvinfer1::INetworkDefinition& network, const std::string& path) {
  for (int i = 0; i < network.getNbOutputs(); ++i) {
    const nvinfer1::Dims dims = network.getOutput(i)->getDimensions();
    const bool has_rank = dims.nbDims >= 0 && dims.nbDims <= Shape::kMaxRank;
    if (has_rank && std::all_of(dims.d, dims.d + dims.nbDims, [](auto dim) { return dim > 0; })) continue;
    throw tensorrt_error("MODEL_SHAPE_MISMATCH", path + ": output " + network.getOutput(i)->getName() +
                                                     " is " + to_text(dims) + " for pictures of this size");
  }
}

void require_input(const std::string& name, bool channels_last, const InputSpec& input,
                   const std::string& path) {
  const std::string layout = channels_last ? "NHWC" : "NCHW";
  if (!input.layout.empty() && input.layout != layout) {
    throw EngineError("MODEL_SHAPE_MISMATCH",
                      path + ": expected an input of layout " + input.layout + ", found " + layout);
  }
  if (input.name.empty() || input.name == name) return;
  throw EngineError("MODEL_SHAPE_MISMATCH",
                    path + ": expected an input called " + input.name + ", found " + name);
}

Shape to_shape(const nvinfer1::Dims& dims) {
  Shape shape;
  for (int axis = 0; axis < dims.nbDims; ++axis) shape.push_back(dims.d[axis]);
  return shape;
}

std::string to_text(const nvinfer1::Dims& dims) {
  if (dims.nbDims < 0) return "an unknown shape";
  std::string text = "[";
  for (int axis = 0; axis < dims.nbDims; ++axis) {
    text += (axis > 0 ? ", " : "") + std::to_string(dims.d[axis]);
  }
  return text + "]";
}

std::string type_name(nvinfer1::DataType type) {
  switch (type) {
    case nvinfer1::DataType::kFLOAT:
      return "f32";
    case nvinfer1::DataType::kHALF:
      return "f16";
    case nvinfer1::DataType::kINT8:
      return "i8";
    case nvinfer1::DataType::kINT32:
      return "i32";
    case nvinfer1::DataType::kBOOL:
      return "boolean";
    case nvinfer1::DataType::kUINT8:
      return "u8";
#if NV_TENSORRT_MAJOR >= 10
    case nvinfer1::DataType::kINT64:
      return "i64";
#endif
    default:
      return "a type of number " + std::to_string(static_cast<int>(type));
  }
}

}  // namespace pose
