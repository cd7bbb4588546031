#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pose::test {

/** ONNX's numbers of element types. */
enum class OnnxType : int { float32 = 1, uint8 = 2, int8 = 3, int32 = 6, int64 = 7, float16 = 10 };

/** A message in protobuf's wire format, field by field. */
class ProtobufWriter {
 public:
  ProtobufWriter& integer(uint32_t field, int64_t number) {
    varint(field << 3);
    varint(static_cast<uint64_t>(number));
    return *this;
  }
  ProtobufWriter& number(uint32_t field, float number) {
    varint(field << 3 | 5U);
    char bytes[sizeof(number)];
    std::memcpy(bytes, &number, sizeof(number));
    bytes_.append(bytes, sizeof(number));
    return *this;
  }
  ProtobufWriter& bytes(uint32_t field, std::string_view bytes) {
    varint(field << 3 | 2U);
    varint(bytes.size());
    bytes_.append(bytes);
    return *this;
  }
  ProtobufWriter& message(uint32_t field, const ProtobufWriter& message) {
    return bytes(field, message.bytes_);
  }
  const std::string& written() const { return bytes_; }

 private:
  void varint(uint64_t number) {
    for (; number >= 0x80; number >>= 7) bytes_.push_back(static_cast<char>(number | 0x80));
    bytes_.push_back(static_cast<char>(number));
  }

  std::string bytes_;
};

/** A tensor whose numbers are written as `Number`; half precision is written as its bits in uint16_t. */
template <typename Number>
ProtobufWriter onnx_tensor(OnnxType type, const std::vector<int64_t>& shape,
                           const std::vector<Number>& numbers) {
  ProtobufWriter tensor;
  for (const int64_t extent : shape) tensor.integer(1, extent);
  tensor.integer(2, static_cast<int64_t>(type));
  tensor.bytes(9, {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)});
  return tensor;
}

inline ProtobufWriter onnx_floats(const std::vector<int64_t>& shape, const std::vector<float>& numbers) {
  return onnx_tensor(OnnxType::float32, shape, numbers);
}
inline ProtobufWriter onnx_integers(const std::vector<int64_t>& numbers) {
  return onnx_tensor(OnnxType::int64, {static_cast<int64_t>(numbers.size())}, numbers);
}

// Attributes of a node; the last number is ONNX's own of the kind.
inline ProtobufWriter onnx_attribute(std::string_view name, int64_t integer) {
  return ProtobufWriter().bytes(1, name).integer(3, integer).integer(20, 2);
}
inline ProtobufWriter onnx_attribute(std::string_view name, const std::vector<int64_t>& integers) {
  ProtobufWriter attribute;
  attribute.bytes(1, name);
  for (const int64_t integer : integers) attribute.integer(8, integer);
  return attribute.integer(20, 7);
}
inline ProtobufWriter onnx_attribute(std::string_view name, std::string_view text) {
  return ProtobufWriter().bytes(1, name).bytes(4, text).integer(20, 3);
}
inline ProtobufWriter onnx_attribute(std::string_view name, const ProtobufWriter& tensor) {
  return ProtobufWriter().bytes(1, name).message(5, tensor).integer(20, 4);
}

/** Writes small ONNX models for tests: parts in any order, nodes in that of their calls. */
class OnnxWriter {
 public:
  /** An extent of -1 is written as one that is not known. */
  OnnxWriter& input(const std::string& name, const std::vector<int64_t>& shape,
                    OnnxType type = OnnxType::float32) {
    graph_.message(11, value_info(name, shape, type));
    return *this;
  }
  OnnxWriter& output(const std::string& name, const std::vector<int64_t>& shape,
                     OnnxType type = OnnxType::float32) {
    graph_.message(12, value_info(name, shape, type));
    return *this;
  }
  OnnxWriter& initializer(const std::string& name, ProtobufWriter tensor) {
    graph_.message(5, tensor.bytes(8, name));
    return *this;
  }
  /** The node is called after its first output. */
  OnnxWriter& node(const std::string& op_type, const std::vector<std::string>& inputs,
                   const std::vector<std::string>& outputs,
                   const std::vector<ProtobufWriter>& attributes = {}) {
    ProtobufWriter node;
    for (const std::string& name : inputs) node.bytes(1, name);
    for (const std::string& name : outputs) node.bytes(2, name);
    node.bytes(3, outputs.empty() ? op_type : "make_" + outputs.front()).bytes(4, op_type);
    for (const ProtobufWriter& attribute : attributes) node.message(5, attribute);
    graph_.message(1, node);
    return *this;
  }

  /** The model's bytes; opset 13, where axes of ReduceMin and its like are attributes still. */
  std::string model() const {
    constexpr int64_t kIrVersion = 8;
    constexpr int64_t kOpset = 13;
    ProtobufWriter graph = graph_;
    return ProtobufWriter()
        .integer(1, kIrVersion)
        .message(8, ProtobufWriter().bytes(1, "").integer(2, kOpset))
        .message(7, graph.bytes(2, "test"))
        .written();
  }

 private:
  static ProtobufWriter value_info(const std::string& name, const std::vector<int64_t>& shape,
                                   OnnxType type) {
    ProtobufWriter extents;
    for (const int64_t extent : shape) {
      ProtobufWriter dimension;
      extents.message(1, extent < 0 ? dimension.bytes(2, "any") : dimension.integer(1, extent));
    }
    const ProtobufWriter tensor = ProtobufWriter().integer(1, static_cast<int64_t>(type)).message(2, extents);
    return ProtobufWriter().bytes(1, name).message(2, ProtobufWriter().message(1, tensor));
  }

  ProtobufWriter graph_;
};

}  // namespace pose::test
