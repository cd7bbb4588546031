#include "pose/simcc.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "first_maximum.h"

namespace pose {
namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& expected, const std::string& found) {
  throw std::invalid_argument("SimCC decoder: " + what + ": expected " + expected + ", found " + found);
}

bool is_within(int64_t value, int64_t most) { return value >= 1 && value <= most; }

void check_options(const SimccOptions& options) {
  const auto score = static_cast<int>(options.score);
  if (score < 0 || score > static_cast<int>(SimccScore::mean)) {
    refuse("score", "min or mean", std::to_string(score));
  }
  if (!(options.split_ratio >= kSimccMinSplitRatio && options.split_ratio <= kSimccMaxSplitRatio)) {
    refuse("split_ratio", std::to_string(kSimccMinSplitRatio) + ".." + std::to_string(kSimccMaxSplitRatio),
           std::to_string(options.split_ratio));
  }
}

/** 0 where an axis has no finite bin. */
float combine(const FirstMaximum& x, const FirstMaximum& y, SimccScore score) {
  if (x.index < 0 || y.index < 0) return 0.0F;
  if (score == SimccScore::min) return std::min(x.value, y.value);
  return 0.5F * x.value + 0.5F * y.value;
}

}  // namespace

int check_simcc_shapes(const Shape& simcc_x, const Shape& simcc_y) {
  const bool x_fits = simcc_x.rank() == 3 && is_within(simcc_x[0], kSimccMaxBatch) &&
                      is_within(simcc_x[1], kSimccMaxKeypoints) && is_within(simcc_x[2], kSimccMaxBins);
  if (!x_fits) {
    refuse("simcc_x",
           "[N, K, bins across], N 1.." + std::to_string(kSimccMaxBatch) + ", K 1.." +
               std::to_string(kSimccMaxKeypoints) + ", bins 1.." + std::to_string(kSimccMaxBins),
           simcc_x.to_string());
  }
  const bool y_fits = simcc_y.rank() == 3 && simcc_y[0] == simcc_x[0] && simcc_y[1] == simcc_x[1] &&
                      is_within(simcc_y[2], kSimccMaxBins);
  if (!y_fits) {
    refuse("simcc_y",
           "[" + std::to_string(simcc_x[0]) + ", " + std::to_string(simcc_x[1]) + ", bins down], bins 1.." +
               std::to_string(kSimccMaxBins),
           simcc_y.to_string());
  }
  return static_cast<int>(simcc_x[1]);
}

void decode_simcc(const TensorView& simcc_x, const TensorView& simcc_y, const SimccOptions& options,
                  Instances& people_net) {
  const int count = check_simcc_shapes(simcc_x.shape, simcc_y.shape);
  if (simcc_x.data == nullptr) refuse("simcc_x", "data", "none");
  if (simcc_y.data == nullptr) refuse("simcc_y", "data", "none");
  check_options(options);

  const auto people = static_cast<size_t>(simcc_x.shape[0]);
  const auto bins_x = static_cast<int>(simcc_x.shape[2]);
  const auto bins_y = static_cast<int>(simcc_y.shape[2]);
  people_net.clear(count);
  people_net.headers.reserve(people);
  people_net.keypoints.reserve(people * static_cast<size_t>(count));

  const float* axis_x = simcc_x.data;
  const float* axis_y = simcc_y.data;
  for (size_t person = 0; person < people; ++person) {
    Keypoint* keypoints = people_net.append({});
    double raw_sum = 0.0;
    double sum = 0.0;
    int present = 0;
    for (int i = 0; i < count; ++i, axis_x += bins_x, axis_y += bins_y) {
      const FirstMaximum x = first_maximum(axis_x, bins_x);
      const FirstMaximum y = first_maximum(axis_y, bins_y);
      const float score = combine(x, y, options.score);
      raw_sum += score;
      if (!(score > 0.0F)) continue;
      keypoints[i] = {static_cast<float>(x.index) / options.split_ratio,
                      static_cast<float>(y.index) / options.split_ratio, std::min(score, 1.0F)};
      sum += keypoints[i].score;
      ++present;
    }
    const double score = present > 0 ? sum / present : 0.0;
    people_net.headers.back() = {static_cast<float>(score), static_cast<float>(raw_sum / count), -1};
  }
}

}  // namespace pose
