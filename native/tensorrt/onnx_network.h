#pragma once

#include <NvInfer.h>
#include <NvOnnxParser.h>

#include <memory>
#include <string>

#include "model_file.h"
#include "pose/engine.h"

namespace pose {

/** As read_model_file() does. Throws EngineError MODEL_UNREADABLE also where the file is of a format that
 * TensorRT does not read. */
ModelFile read_onnx_file(const std::string& path, const Checksums& checksums);

/** An ONNX model as TensorRT's parser gives it. The order of the members is that of their making: they are
 * destroyed from the last to the first. */
struct OnnxNetwork {
  std::unique_ptr<nvinfer1::IBuilder> builder;
  std::unique_ptr<nvinfer1::INetworkDefinition> network;
  std::unique_ptr<nvonnxparser::IParser> parser;
  bool has_half = false;  ///< tensors of the model's own that are of half precision
  bool has_bf16 = false;
  bool is_quantized = false;  ///< Q/DQ pairs
  bool is_strongly_typed = false;
};

/** Parses `onnx`, the bytes of `path`; weights in other files are not looked for. Throws EngineError
 * ENGINE_DEVICE_ABSENT where TensorRT does not start, MODEL_UNREADABLE with the parser's words. */
OnnxNetwork parse_onnx(const PageBuffer& onnx, const std::string& path);

/** The picture input of a network: [N, 3, H, W] or [N, H, W, 3], float. Throws EngineError
 * MODEL_SHAPE_MISMATCH. */
struct PictureInput {
  nvinfer1::ITensor* tensor = nullptr;
  bool channels_last = false;
};
PictureInput picture_input(const OnnxNetwork& parsed, const std::string& path);

/** Sets the picture input to `batch` pictures of a size; the shapes of all other tensors follow. */
void set_picture_size(const PictureInput& input, int batch, int height, int width);

/** Throws EngineError MODEL_SHAPE_MISMATCH, with TensorRT's words, where an output's shape does not follow
 * from the picture's size, or has too many dimensions. */
void require_known_shapes(const nvinfer1::INetworkDefinition& network, const std::string& path);

/** Throws EngineError MODEL_SHAPE_MISMATCH where a network's input has another name or layout than `input`
 * says. */
void require_input(const std::string& name, bool channels_last, const InputSpec& input,
                   const std::string& path);

Shape to_shape(const nvinfer1::Dims& dims);

/** As in "[1, 3, -1, -1]". */
std::string to_text(const nvinfer1::Dims& dims);

/** As OpenVINO calls it: "f32", "i64". */
std::string type_name(nvinfer1::DataType type);

}  // namespace pose
