#include "onnx_tensor_reader.h"

#include <algorithm>

#include "half.h"
#include "onnx_error.h"
#include "protobuf_reader.h"

namespace sdk_double {
namespace {

using nvonnxparser::ErrorCode;

/** A TensorProto as it is in the file. */
struct RawTensor {
  std::string name;
  int64_t type = 0;
  Extents shape;
  std::string_view raw;
  bool has_raw = false;
  bool is_external = false;
  std::vector<float> floats;
  std::vector<int64_t> integers;
};

RawTensor read_raw(std::string_view message) {
  RawTensor tensor;
  ProtobufReader reader(message);
  for (ProtobufField field; reader.next(field);) {
    switch (field.number) {
      case 1:
        field.append_integers(tensor.shape);
        break;
      case 2:
        tensor.type = field.integer();
        break;
      case 4:
        field.append_floats(tensor.floats);
        break;
      case 5:  // int32_data, which holds the smaller whole numbers and the bits of float16 too
      case 7:
        field.append_integers(tensor.integers);
        break;
      case 8:
        tensor.name = field.text();
        break;
      case 9:
        tensor.raw = field.message();
        tensor.has_raw = true;
        break;
      case 14:
        tensor.is_external = field.integer() != 0;
        break;
      default:
        break;
    }
  }
  return tensor;
}

[[noreturn]] void refuse_size(const RawTensor& tensor) {
  throw OnnxError(ErrorCode::kINVALID_VALUE,
                  "tensor " + tensor.name + ": its data do not fill the shape " + to_string(tensor.shape));
}

}  // namespace

ElementType element_type_of(int64_t onnx_number) {
  switch (onnx_number) {
    case 1:
      return ElementType::float32;
    case 2:
      return ElementType::uint8;
    case 3:
      return ElementType::int8;
    case 6:
      return ElementType::int32;
    case 7:
      return ElementType::int64;
    case 10:
      return ElementType::float16;
    default:
      throw OnnxError(ErrorCode::kINVALID_VALUE,
                      "the double has no tensors of element type " + std::to_string(onnx_number));
  }
}

NamedValue read_tensor(std::string_view message) {
  const RawTensor tensor = read_raw(message);
  if (tensor.is_external)
    throw OnnxError(ErrorCode::kINVALID_VALUE,
                    "tensor " + tensor.name + ": its data are in a file of their own");
  NamedValue read;
  read.name = tensor.name;
  Value& value = read.value;
  value.type = element_type_of(tensor.type);
  value.shape = tensor.shape;
  if (value.shape.size() > kMaxRank) refuse_size(tensor);
  const auto count = static_cast<size_t>(count_elements(value.shape));
  if (tensor.has_raw) {
    if (tensor.raw.size() != count * size_of(value.type)) refuse_size(tensor);
    value.elements.resize(count);
    read_elements(value.type, tensor.raw.data(), value.elements);
  } else if (value.type == ElementType::float32) {
    value.elements.assign(tensor.floats.begin(), tensor.floats.end());
  } else {
    value.elements.assign(tensor.integers.begin(), tensor.integers.end());
  }
  if (value.elements.size() != count) refuse_size(tensor);
  for (double& element : value.elements) {
    const bool is_bits = value.type == ElementType::float16 && !tensor.has_raw;
    element = is_bits ? half_to_double(static_cast<uint16_t>(std::clamp(element, 0.0, 65535.0)))
                      : round_to(value.type, element);
  }
  value.is_known = true;
  return read;
}

}  // namespace sdk_double
