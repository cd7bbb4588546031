#include "output_reader.h"

#include <algorithm>
#include <cstring>

namespace pose {
namespace {

template <typename T>
void convert(const void* from, size_t count, float* to) {
  const T* values = static_cast<const T*>(from);
  std::transform(values, values + count, to, [](T value) { return static_cast<float>(value); });
}

}  // namespace

size_t element_bytes(nvinfer1::DataType type) {
  switch (type) {
    case nvinfer1::DataType::kFLOAT:
    case nvinfer1::DataType::kINT32:
      return 4;
    case nvinfer1::DataType::kHALF:
      return 2;
#if NV_TENSORRT_MAJOR >= 10
    case nvinfer1::DataType::kINT64:
      return 8;
#endif
    default:
      return 0;
  }
}

float half_to_float(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000U) << 16U;
  const uint32_t magnitude = half & 0x7FFFU;
  // The exponent's bias grows from 15 to 127: a multiplication by 2^112 moves subnormal numbers too.
  uint32_t bits = magnitude << 13U;
  float value = 0.0F;
  std::memcpy(&value, &bits, sizeof(value));
  value *= 5.192296858534828e33F;
  std::memcpy(&bits, &value, sizeof(bits));
  if (magnitude >= 0x7C00U) bits = 0x7F800000U | (magnitude & 0x3FFU) << 13U;  // infinite, or no number
  bits |= sign;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

void read_as_floats(nvinfer1::DataType type, const void* from, size_t count, float* to) {
  switch (type) {
    case nvinfer1::DataType::kFLOAT:
      std::memcpy(to, from, count * sizeof(float));
      return;
    case nvinfer1::DataType::kHALF: {
      const uint16_t* halves = static_cast<const uint16_t*>(from);
      std::transform(halves, halves + count, to, half_to_float);
      return;
    }
    case nvinfer1::DataType::kINT32:
      return convert<int32_t>(from, count, to);
#if NV_TENSORRT_MAJOR >= 10
    case nvinfer1::DataType::kINT64:
      return convert<int64_t>(from, count, to);
#endif
    default:
      std::fill_n(to, count, 0.0F);
  }
}

}  // namespace pose
