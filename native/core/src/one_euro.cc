#include "pose/one_euro.h"

#include <cmath>

namespace pose {
namespace {

constexpr double kPi = 3.14159265358979323846;

/** Weight of a new value in a low-pass of this cutoff: 1 / (1 + tau / period), tau = 1 / (2 pi cutoff). */
float smoothing_weight(double cutoff_hz, double frequency_hz) {
  const double period = 1.0 / frequency_hz;
  const double tau = 1.0 / (2.0 * kPi * cutoff_hz);
  return static_cast<float>(1.0 / (1.0 + tau / period));
}

}  // namespace

float LowPassFilter::apply(float value, float alpha) {
  raw_ = value;
  // The new part rounds to single precision before the sum, the kept part after it: the reference's order.
  filtered_ = has_value_ ? static_cast<float>(alpha * value + (1.0 - alpha) * filtered_) : value;
  has_value_ = true;
  return filtered_;
}

float OneEuroFilter::apply(float value, const OneEuroOptions& options, const OneEuroStep& step) {
  double speed = 0.0;
  if (value_.has_value()) {
    speed = (static_cast<double>(value) - value_.raw()) * step.value_scale * step.frequency_hz;
  }
  const float smooth_speed = derivative_.apply(
      static_cast<float>(speed), smoothing_weight(options.derivative_cutoff_hz, step.frequency_hz));
  const double cutoff_hz = options.min_cutoff_hz + options.beta * std::abs(static_cast<double>(smooth_speed));
  return value_.apply(value, smoothing_weight(cutoff_hz, step.frequency_hz));
}

void OneEuroFilter::reset() {
  value_.reset();
  derivative_.reset();
}

}  // namespace pose
