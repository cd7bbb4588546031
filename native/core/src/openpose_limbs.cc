#include "openpose_limbs.h"

#include <algorithm>
#include <cmath>

#include "float4.h"
#include "openpose_upsampling.h"

namespace pose {
namespace {

constexpr size_t kSamples = 10;
constexpr float kSampleThreshold = 0.05F;
/** What the field must exceed half-way for a pair to be looked at: nothing real falls below. */
constexpr float kMiddleFloor = -100.0F;
/** Wrong pairs cross foreign ground in their middle, so they fail there first. */
constexpr std::array<uint8_t, kSamples> kSampleOrder = {5, 3, 7, 4, 2, 6, 1, 8, 0, 9};

/** Half to even, for magnitudes below 2^22: adding 1.5 * 2^23 leaves no room for a fraction. */
int round_half_even(float value) {
  constexpr float kShift = 12582912.0F;
  return static_cast<int>((value + kShift) - kShift);
}

struct FieldVector {
  float x;
  float y;
};

/** The four taps of an enlarged row or column, and their weights. Taps outside the map repeat its border. */
struct Taps {
  Taps(int position_up, int map_size) : size(map_size) {
    first = ((position_up - 2) >> 2) - 1;
    weights = kCubicWeights[static_cast<size_t>((position_up - 2) & 3)].data();
  }
  bool inside() const { return first >= 0 && first + 4 <= size; }
  ptrdiff_t cell(int tap) const { return std::min(std::max(first + tap, 0), size - 1); }

  int first;
  int size;
  const float* weights;
};

/** One value of a plane enlarged 4 times, rounded as PeakFinder's loops round. */
float interpolate_at_border(const float* plane, const Taps& column, const Taps& row) {
  float wide[4];
  for (int tap = 0; tap < 4; ++tap) {
    const float* cells = plane + row.cell(tap) * column.size;
    wide[tap] = cells[column.cell(0)] * column.weights[0] + cells[column.cell(1)] * column.weights[1] +
                cells[column.cell(2)] * column.weights[2] + cells[column.cell(3)] * column.weights[3];
  }
  return wide[0] * row.weights[0] +
         (wide[1] * row.weights[1] + (wide[2] * row.weights[2] + wide[3] * row.weights[3]));
}

/** The same where all taps lie inside: the four rows are summed side by side, each from left to right. */
float interpolate_inside(const float* first_tap, ptrdiff_t width, Float4 column_weights, Float4 row_weights) {
  const Float4 row0 = load4(first_tap) * column_weights;
  const Float4 row1 = load4(first_tap + width) * column_weights;
  const Float4 row2 = load4(first_tap + 2 * width) * column_weights;
  const Float4 row3 = load4(first_tap + 3 * width) * column_weights;
  const Float4 low01 = POSE_SHUFFLE4(row0, row1, 0, 4, 1, 5);
  const Float4 low23 = POSE_SHUFFLE4(row2, row3, 0, 4, 1, 5);
  const Float4 high01 = POSE_SHUFFLE4(row0, row1, 2, 6, 3, 7);
  const Float4 high23 = POSE_SHUFFLE4(row2, row3, 2, 6, 3, 7);
  const Float4 wide = POSE_SHUFFLE4(low01, low23, 0, 1, 4, 5) + POSE_SHUFFLE4(low01, low23, 2, 3, 6, 7) +
                      POSE_SHUFFLE4(high01, high23, 0, 1, 4, 5) + POSE_SHUFFLE4(high01, high23, 2, 3, 6, 7);
  const Float4 tall = wide * row_weights;
  return tall[0] + (tall[1] + (tall[2] + tall[3]));
}

FieldVector sample(const LimbField& field, int x_up, int y_up) {
  const Taps column(x_up, field.width);
  const Taps row(y_up, field.height);
  if (!column.inside() || !row.inside()) {
    return {interpolate_at_border(field.x, column, row), interpolate_at_border(field.y, column, row)};
  }
  const ptrdiff_t first_tap = static_cast<ptrdiff_t>(row.first) * field.width + column.first;
  const Float4 column_weights = load4(column.weights);
  const Float4 row_weights = load4(row.weights);
  return {interpolate_inside(field.x + first_tap, field.width, column_weights, row_weights),
          interpolate_inside(field.y + first_tap, field.width, column_weights, row_weights)};
}

float agreement(FieldVector direction, FieldVector value) {
  return direction.x * value.x + direction.y * value.y;
}

/** Score of a pair, or 0 if the field does not join it. `needed` samples must agree. */
float score_pair(const LimbField& field, const Peak& from, const Peak& to, size_t needed) {
  const auto dx = static_cast<float>(to.x_up - from.x_up);
  const auto dy = static_cast<float>(to.y_up - from.y_up);
  const double length = std::sqrt(static_cast<double>(dx) * dx + static_cast<double>(dy) * dy);
  if (length == 0.0) return 0.0F;
  const FieldVector direction{static_cast<float>(dx / length), static_cast<float>(dy / length)};
  const float step_x = dx / (kSamples - 1);
  const float step_y = dy / (kSamples - 1);
  const auto x_up = static_cast<float>(from.x_up);
  const auto y_up = static_cast<float>(from.y_up);

  std::array<float, kSamples> scores{};
  size_t failures_left = kSamples - needed;
  for (const size_t n : kSampleOrder) {
    const auto steps = static_cast<float>(n);
    const FieldVector value =
        sample(field, round_half_even(x_up + steps * step_x), round_half_even(y_up + steps * step_y));
    scores[n] = agreement(direction, value);
    if (!(scores[n] > kSampleThreshold) && failures_left-- == 0) return 0.0F;
  }

  const FieldVector middle = sample(field, round_half_even(0.5F * static_cast<float>(from.x_up + to.x_up)),
                                    round_half_even(0.5F * static_cast<float>(from.y_up + to.y_up)));
  if (!(agreement(direction, middle) > kMiddleFloor)) return 0.0F;
  float sum = 0.0F;
  int count = 0;
  for (const float score : scores) {
    if (!(score > kSampleThreshold)) continue;
    sum += score;
    ++count;
  }
  const int reach_up = kUpsampling * field.height / 2;
  const float score =
      sum / static_cast<float>(count) + static_cast<float>(std::min(reach_up / length - 1.0, 0.0));
  return score > 0.0F && std::isfinite(score) ? score : 0.0F;
}

}  // namespace

void LimbMatcher::reserve(size_t max_peaks) {
  candidates_.reserve(max_peaks * max_peaks);
  from_used_.reserve(max_peaks);
  to_used_.reserve(max_peaks);
}

void LimbMatcher::match(const LimbField& field, const std::vector<Peak>& from, const std::vector<Peak>& to,
                        LimbRatio ratio, std::vector<Connection>& connections) {
  connections.clear();
  candidates_.clear();
  const size_t needed = ratio == LimbRatio::all ? kSamples : kSamples - 1;
  for (size_t i = 0; i < from.size(); ++i) {
    for (size_t j = 0; j < to.size(); ++j) {
      const float score = score_pair(field, from[i], to[j], needed);
      if (score > 0.0F) candidates_.push_back({static_cast<int16_t>(i), static_cast<int16_t>(j), score});
    }
  }
  // The same call as the reference makes, for the order of equal scores depends on the sorting algorithm.
  std::sort(candidates_.begin(), candidates_.end(),
            [](const Connection& a, const Connection& b) { return a.score > b.score; });
  from_used_.assign(from.size(), 0);
  to_used_.assign(to.size(), 0);
  for (const Connection& candidate : candidates_) {
    uint8_t& from_used = from_used_[static_cast<size_t>(candidate.from)];
    uint8_t& to_used = to_used_[static_cast<size_t>(candidate.to)];
    if (from_used != 0 || to_used != 0) continue;
    from_used = 1;
    to_used = 1;
    connections.push_back(candidate);
  }
}

}  // namespace pose
