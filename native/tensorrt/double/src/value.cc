#include "value.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "half.h"
#include "onnx_error.h"

namespace sdk_double {
namespace {

template <typename Number>
double cut_to(double element) {
  if (std::isnan(element)) return 0.0;
  const auto least = static_cast<double>(std::numeric_limits<Number>::min());
  const auto most = static_cast<double>(std::numeric_limits<Number>::max());
  return std::clamp(std::trunc(element), least, most);
}

template <typename Number>
void read_as(const void* memory, std::vector<double>& elements) {
  const auto* next = static_cast<const unsigned char*>(memory);
  for (double& element : elements) {
    Number number;
    std::memcpy(&number, next, sizeof(number));
    next += sizeof(number);
    element = static_cast<double>(number);
  }
}

template <typename Number>
Number to_number(double element) {
  // 2^63 is a double, and no int64_t.
  if (element >= static_cast<double>(std::numeric_limits<Number>::max()))
    return std::numeric_limits<Number>::max();
  return static_cast<Number>(element);
}

template <typename Number>
void write_as(const std::vector<double>& elements, void* memory) {
  auto* next = static_cast<unsigned char*>(memory);
  for (const double element : elements) {
    const Number number =
        std::is_floating_point_v<Number> ? static_cast<Number>(element) : to_number<Number>(element);
    std::memcpy(next, &number, sizeof(number));
    next += sizeof(number);
  }
}

}  // namespace

int64_t count_elements(const Extents& shape) {
  int64_t count = 1;
  for (const int64_t extent : shape) {
    // Both factors stay below 2^26, so that the product cannot overflow.
    if (extent < 1 || extent > kMaxElements || (count *= extent) > kMaxElements) {
      throw OnnxError(nvonnxparser::ErrorCode::kINVALID_VALUE,
                      "no tensor can have shape " + to_string(shape));
    }
  }
  return count;
}

bool has_unknown(const Extents& shape) {
  return std::any_of(shape.begin(), shape.end(), [](int64_t extent) { return extent < 0; });
}

std::string to_string(const Extents& shape) {
  std::string text = "[";
  for (size_t axis = 0; axis < shape.size(); ++axis)
    text += (axis > 0 ? ", " : "") + std::to_string(shape[axis]);
  return text + "]";
}

size_t size_of(ElementType type) {
  switch (type) {
    case ElementType::float16:
      return 2;
    case ElementType::int8:
    case ElementType::uint8:
      return 1;
    case ElementType::int64:
      return 8;
    default:
      return 4;
  }
}

double round_to(ElementType type, double element) {
  switch (type) {
    case ElementType::float16:
      return half_to_double(double_to_half(element));
    case ElementType::int8:
      return cut_to<int8_t>(element);
    case ElementType::uint8:
      return cut_to<uint8_t>(element);
    case ElementType::int32:
      return cut_to<int32_t>(element);
    case ElementType::int64:
      return cut_to<int64_t>(element);
    default:
      return static_cast<double>(static_cast<float>(element));
  }
}

void read_elements(ElementType type, const void* memory, std::vector<double>& elements) {
  switch (type) {
    case ElementType::float16:
      read_as<uint16_t>(memory, elements);
      for (double& element : elements) element = half_to_double(static_cast<uint16_t>(element));
      return;
    case ElementType::int8:
      return read_as<int8_t>(memory, elements);
    case ElementType::uint8:
      return read_as<uint8_t>(memory, elements);
    case ElementType::int32:
      return read_as<int32_t>(memory, elements);
    case ElementType::int64:
      return read_as<int64_t>(memory, elements);
    default:
      return read_as<float>(memory, elements);
  }
}

void write_elements(ElementType type, const std::vector<double>& elements, void* memory) {
  switch (type) {
    case ElementType::float16: {
      std::vector<double> bits(elements.size());
      std::transform(elements.begin(), elements.end(), bits.begin(), double_to_half);
      return write_as<uint16_t>(bits, memory);
    }
    case ElementType::int8:
      return write_as<int8_t>(elements, memory);
    case ElementType::uint8:
      return write_as<uint8_t>(elements, memory);
    case ElementType::int32:
      return write_as<int32_t>(elements, memory);
    case ElementType::int64:
      return write_as<int64_t>(elements, memory);
    default:
      return write_as<float>(elements, memory);
  }
}

}  // namespace sdk_double
