#include <algorithm>
#include <array>
#include <cmath>

#include "blazepose_input.h"
#include "pose/blazepose_smoothing.h"
#include "pose/one_euro.h"

namespace {

using pose::fuzz::Input;
using pose::fuzz::require;

/** Up to 1e9, as landmarks of the farthest crop may be. */
float take_value(Input& input) {
  const bool far = input.take<uint8_t>() % 8 == 7;
  return far ? static_cast<float>(input.take<int32_t>()) / 2.0F
             : static_cast<float>(input.take<int16_t>()) / 16.0F;
}

/** A number of any magnitude from 10^-`digits` to 10^digits. */
double take_magnitude(Input& input, double digits) {
  return std::pow(10.0, digits * static_cast<double>(input.take<int16_t>()) / 32768.0);
}

/** A smoothed value lies among those that were put in. */
void one_filter(Input& input) {
  const pose::OneEuroOptions options[] = {pose::kBlazePoseLandmarkFilter, pose::kBlazePoseAlignmentFilter,
                                          pose::kBlazePoseWorldFilter, pose::OneEuroOptions()};
  const pose::OneEuroOptions& chosen = options[input.take<uint8_t>() % 4];
  pose::OneEuroFilter filter;
  float least = 0.0F;
  float greatest = 0.0F;
  bool first = true;
  while (!input.empty()) {
    if (input.take<uint8_t>() == 255) {
      filter.reset();
      first = true;
    }
    const float value = take_value(input);
    least = first ? value : std::min(least, value);
    greatest = first ? value : std::max(greatest, value);
    const float smooth =
        filter.apply(value, chosen, {take_magnitude(input, 10.0), take_magnitude(input, 6.0)});
    const float tolerance = 1e-5F * std::max(std::abs(least), std::abs(greatest));
    require(smooth >= least - tolerance && smooth <= greatest + tolerance);
    if (first) require(smooth == value);
    first = false;
  }
}

/** Points at any times, also backwards, stay finite, and a time that does not go on changes nothing. */
void points_in_time(Input& input) {
  pose::PointSmoother smoother(2, pose::kBlazePoseLandmarkFilter);
  bool has_time = false;
  int64_t last_ns = 0;
  while (!input.empty()) {
    const auto what = input.take<uint8_t>();
    if (what == 255) {
      smoother.reset();
      has_time = false;
    }
    const int64_t time_ns = what % 8 == 7 ? input.take<int64_t>() : last_ns / 2 + input.take<int32_t>();
    std::array<pose::BlazePoseLandmark, 2> points;
    for (pose::BlazePoseLandmark& point : points) {
      point = {take_value(input), take_value(input), take_value(input), 0.5F, 0.5F};
    }
    const std::array<pose::BlazePoseLandmark, 2> before = points;
    smoother.apply(points.data(), time_ns, static_cast<float>(take_magnitude(input, 6.0)));
    const bool stands = has_time && time_ns <= last_ns;
    for (size_t i = 0; i < points.size(); ++i) {
      require(std::isfinite(points[i].x) && std::isfinite(points[i].y) && std::isfinite(points[i].z));
      if (stands || !has_time) require(points[i].x == before[i].x && points[i].z == before[i].z);
    }
    if (!stands) last_ns = time_ns;
    has_time = true;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  if ((input.take<uint8_t>() & 1) != 0) {
    one_filter(input);
  } else {
    points_in_time(input);
  }
  return 0;
}
