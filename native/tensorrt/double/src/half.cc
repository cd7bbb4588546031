#include "half.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sdk_double {
namespace {

constexpr int kFractionBits = 10;
constexpr int kLeastExponent = -14;
constexpr int kBias = 15;
constexpr double kOverflow = 65520.0;  // halfway between 65504 and what would be next
constexpr uint16_t kInfinity = 0x7C00;
constexpr uint16_t kNan = 0x7E00;

}  // namespace

double half_to_double(uint16_t bits) {
  const int exponent = (bits >> kFractionBits) & 0x1F;
  const int fraction = bits & 0x3FF;
  const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
  if (exponent == 0x1F) return fraction != 0 ? std::numeric_limits<double>::quiet_NaN() : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(fraction, kLeastExponent - kFractionBits);
  return sign * std::ldexp(fraction + (1 << kFractionBits), exponent - kBias - kFractionBits);
}

uint16_t double_to_half(double value) {
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  if (std::isnan(value)) return sign | kNan;
  const double magnitude = std::fabs(value);
  if (magnitude >= kOverflow) return sign | kInfinity;
  if (magnitude == 0.0) return sign;
  const int exponent = std::max(std::ilogb(magnitude), kLeastExponent);
  // In steps of this exponent; a carry into the next one, or from below the normal numbers, comes out by
  // itself.
  const auto steps = static_cast<uint16_t>(std::nearbyint(std::ldexp(magnitude, kFractionBits - exponent)));
  return static_cast<uint16_t>(sign | (((exponent + kBias - 1) << kFractionBits) + steps));
}

}  // namespace sdk_double
