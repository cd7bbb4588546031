#include "output_reader.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

namespace pose {
namespace {

using nvinfer1::DataType;

/** By the definition of IEEE 754 binary16. */
double half_value(uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const int fraction = half & 1023;
  const double magnitude =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

TEST(OutputReader, ReadsEveryHalf) {
  for (uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const float found = half_to_float(half);
    if ((half & 0x7C00) != 0x7C00) {
      ASSERT_EQ(static_cast<double>(found), half_value(half)) << bits;
      ASSERT_EQ(std::signbit(found), (half & 0x8000) != 0) << bits;
    } else if ((half & 0x3FF) == 0) {
      ASSERT_TRUE(std::isinf(found) && std::signbit(found) == ((half & 0x8000) != 0)) << bits;
    } else {
      ASSERT_TRUE(std::isnan(found)) << bits;
    }
  }
}

template <typename T>
std::vector<float> read(DataType type, const std::vector<T>& values) {
  std::vector<float> floats(values.size(), NAN);
  read_as_floats(type, values.data(), values.size(), floats.data());
  return floats;
}

TEST(OutputReader, ReadsWholeNumbersAndFloats) {
  const std::vector<float> expected = {-3.0F, 0.0F, 80.0F};
  EXPECT_EQ(read<float>(DataType::kFLOAT, {-3.0F, 0.0F, 80.0F}), expected);
  EXPECT_EQ(read<int32_t>(DataType::kINT32, {-3, 0, 80}), expected);
#if NV_TENSORRT_MAJOR >= 10
  EXPECT_EQ(read<int64_t>(DataType::kINT64, {-3, 0, 80}), expected);
  EXPECT_EQ(element_bytes(DataType::kINT64), 8U);
#endif
  EXPECT_EQ(element_bytes(DataType::kHALF), 2U);
  EXPECT_EQ(element_bytes(DataType::kBOOL), 0U);
}

}  // namespace
}  // namespace pose
