#include "trt_pose_links.h"

#include <algorithm>
#include <cmath>

#include "float4.h"

namespace pose {
namespace {

constexpr int kSamples = 7;
/** Keeps the length of a link of two peaks in one place from being 0. A double in the reference too. */
constexpr double kShortest = 1e-5;
/** Real scores are below 1. What a broken network says must not swamp the sums of the assignment. */
constexpr float kLargestScore = 1e6F;

struct Places {
  Float4 y;
  Float4 x;
};

float limited(float score) {
  if (!std::isfinite(score)) return 0.0F;
  return std::min(std::max(score, -kLargestScore), kLargestScore);
}

/** Scores of the pairs of one peak with four others, each rounded as if it were alone. */
Float4 score_pairs(const TrtPoseField& field, const TrtPosePeak& from, const Places& to) {
  const Float4 dy = to.y - from.y_map;
  const Float4 dx = to.x - from.x_map;
  const Float4 squares = dy * dy + dx * dx;
  Float4 length{};
  for (int lane = 0; lane < 4; ++lane) {
    length[lane] = static_cast<float>(static_cast<double>(std::sqrt(squares[lane])) + kShortest);
  }
  const Float4 unit_y = dy / length;
  const Float4 unit_x = dx / length;
  Float4 sum{};
  for (int sample = 0; sample < kSamples; ++sample) {
    const float progress = static_cast<float>(sample) / static_cast<float>(kSamples - 1);
    const Float4 y = from.y_map + progress * dy;
    const Float4 x = from.x_map + progress * dx;
    Float4 field_y{};
    Float4 field_x{};
    for (int lane = 0; lane < 4; ++lane) {
      const int row = static_cast<int>(y[lane]);
      const int column = static_cast<int>(x[lane]);
      // Places lie within the map, but a sum may round up to its edge.
      if (row < 0 || row >= field.height || column < 0 || column >= field.width) continue;
      const ptrdiff_t cell = static_cast<ptrdiff_t>(row) * field.width + column;
      field_y[lane] = field.y[cell];
      field_x[lane] = field.x[cell];
    }
    sum += field_y * unit_y + field_x * unit_x;
  }
  return sum / static_cast<float>(kSamples);
}

}  // namespace

void TrtPoseLinkMatcher::reserve(size_t max_peaks) {
  const size_t padded = (max_peaks + 3) / 4 * 4;
  costs_.resize(std::max(costs_.size(), max_peaks * max_peaks));
  to_y_.resize(std::max(to_y_.size(), padded));
  to_x_.resize(std::max(to_x_.size(), padded));
  assignment_.reserve(static_cast<int>(max_peaks), static_cast<int>(max_peaks));
}

const float* TrtPoseLinkMatcher::costs(const TrtPoseField& field, const std::vector<TrtPosePeak>& from,
                                       const std::vector<TrtPosePeak>& to) {
  for (size_t i = 0; i < to.size(); ++i) {
    to_y_[i] = to[i].y_map;
    to_x_[i] = to[i].x_map;
  }
  // What an earlier link left behind the last place is a place as well, and its score is not used.
  float* cost = costs_.data();
  for (const TrtPosePeak& peak : from) {
    for (size_t first = 0; first < to.size(); first += 4) {
      const Float4 scores = score_pairs(field, peak, {load4(&to_y_[first]), load4(&to_x_[first])});
      const size_t lanes = std::min<size_t>(4, to.size() - first);
      for (size_t lane = 0; lane < lanes; ++lane) *cost++ = -limited(scores[static_cast<int>(lane)]);
    }
  }
  return costs_.data();
}

void TrtPoseLinkMatcher::match(const TrtPoseField& field, const std::vector<TrtPosePeak>& from,
                               const std::vector<TrtPosePeak>& to, float threshold,
                               TrtPoseConnections& connections) {
  connections.to_of.assign(from.size(), -1);
  connections.from_of.assign(to.size(), -1);
  if (from.empty() || to.empty()) return;
  const float* cost = costs(field, from, to);
  const int* assigned = assignment_.solve(cost, static_cast<int>(from.size()), static_cast<int>(to.size()));
  for (size_t i = 0; i < from.size(); ++i) {
    if (assigned[i] < 0) continue;
    const auto j = static_cast<size_t>(assigned[i]);
    if (!(-cost[i * to.size() + j] > threshold)) continue;
    connections.to_of[i] = static_cast<int16_t>(j);
    connections.from_of[j] = static_cast<int16_t>(i);
  }
}

}  // namespace pose
