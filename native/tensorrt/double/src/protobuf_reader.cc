#include "protobuf_reader.h"

#include <cstring>

#include "onnx_error.h"

namespace sdk_double {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw OnnxError(nvonnxparser::ErrorCode::kMODEL_DESERIALIZE_FAILED, "not a model: " + what);
}

float to_float(uint64_t bits) {
  const auto low = static_cast<uint32_t>(bits);
  float number;
  std::memcpy(&number, &low, sizeof(number));
  return number;
}

}  // namespace

int64_t ProtobufField::integer() const {
  if (type != WireType::varint) refuse("field " + std::to_string(number) + " is not a whole number");
  return static_cast<int64_t>(bits);
}

float ProtobufField::number32() const {
  if (type != WireType::fixed32) refuse("field " + std::to_string(number) + " is not a float");
  return to_float(bits);
}

std::string_view ProtobufField::message() const {
  if (type != WireType::bytes) refuse("field " + std::to_string(number) + " is not a message");
  return bytes;
}

void ProtobufField::append_integers(std::vector<int64_t>& integers) const {
  if (type != WireType::bytes) {
    integers.push_back(integer());
    return;
  }
  ProtobufReader reader(bytes);
  while (!reader.is_at_end()) integers.push_back(static_cast<int64_t>(reader.take_varint()));
}

void ProtobufField::append_floats(std::vector<float>& floats) const {
  if (type != WireType::bytes) {
    floats.push_back(number32());
    return;
  }
  ProtobufReader reader(bytes);
  while (!reader.is_at_end()) floats.push_back(to_float(reader.take_fixed(sizeof(float))));
}

uint64_t ProtobufReader::take_varint() {
  constexpr int kMostBits = 64;
  uint64_t number = 0;
  for (int shift = 0; shift < kMostBits; shift += 7) {
    if (rest_.empty()) refuse("it ends within a number");
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    number |= static_cast<uint64_t>(byte & 0x7FU) << shift;
    if ((byte & 0x80U) == 0) return number;
  }
  refuse("a number is too long");
}

uint64_t ProtobufReader::take_fixed(size_t bytes) {
  if (rest_.size() < bytes) refuse("it ends within a number");
  uint64_t number = 0;
  for (size_t i = 0; i < bytes; ++i)
    number |= static_cast<uint64_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
  rest_.remove_prefix(bytes);
  return number;
}

bool ProtobufReader::next(ProtobufField& field) {
  if (rest_.empty()) return false;
  const uint64_t tag = take_varint();
  field = {};
  field.number = static_cast<uint32_t>(tag >> 3);
  if (field.number == 0 || tag >> 32 != 0) refuse("a field has no number");
  switch (tag & 7) {
    case 0:
      field.type = WireType::varint;
      field.bits = take_varint();
      return true;
    case 1:
      field.type = WireType::fixed64;
      field.bits = take_fixed(8);
      return true;
    case 2: {
      field.type = WireType::bytes;
      const uint64_t size = take_varint();
      if (size > rest_.size()) refuse("it ends within a field");
      field.bytes = rest_.substr(0, static_cast<size_t>(size));
      rest_.remove_prefix(static_cast<size_t>(size));
      return true;
    }
    case 5:
      field.type = WireType::fixed32;
      field.bits = take_fixed(4);
      return true;
    default:
      refuse("a field of an unknown kind");
  }
}

}  // namespace sdk_double
