#include "pose/blazepose_detector.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace pose {
namespace {

constexpr float kInputSize = 224.0F;
constexpr size_t kBoxValues = 12;
constexpr float kScoreClip = 100.0F;

std::array<BlazePoseAnchor, kBlazePoseAnchors> make_anchors() {
  // Layers of equal stride share a grid: side of the grid, anchors at each centre.
  constexpr int kGrids[][2] = {{28, 2}, {14, 2}, {7, 6}};
  std::array<BlazePoseAnchor, kBlazePoseAnchors> anchors;
  size_t index = 0;
  for (const auto& [side, per_cell] : kGrids) {
    for (int cell = 0; cell < side * side; ++cell) {
      const auto extent = static_cast<float>(side);
      const BlazePoseAnchor anchor{(static_cast<float>(cell % side) + 0.5F) / extent,
                                   (static_cast<float>(cell / side) + 0.5F) / extent};
      for (int copy = 0; copy < per_cell; ++copy) anchors[index++] = anchor;
    }
  }
  return anchors;
}

void require_shape(const TensorView& tensor, const Shape& expected, const char* name) {
  if (tensor.shape == expected) return;
  throw std::invalid_argument("BlazePose detector: " + std::string(name) + " must be " +
                              expected.to_string() + ", found " + tensor.shape.to_string());
}

/** In 0..1 of the network's input. */
BlazePoseDetection decode_box(const float* values, const BlazePoseAnchor& anchor, float score) {
  const float x = values[0] / kInputSize + anchor.x_net;
  const float y = values[1] / kInputSize + anchor.y_net;
  const float half_width = values[2] / kInputSize / 2.0F;
  const float half_height = values[3] / kInputSize / 2.0F;
  BlazePoseDetection detection;
  detection.score = score;
  detection.x_min = x - half_width;
  detection.y_min = y - half_height;
  detection.x_max = x + half_width;
  detection.y_max = y + half_height;
  for (size_t i = 0; i < kBlazePoseAlignmentPoints; ++i) {
    detection.points[i].x_img = values[4 + 2 * i] / kInputSize + anchor.x_net;
    detection.points[i].y_img = values[5 + 2 * i] / kInputSize + anchor.y_net;
  }
  return detection;
}

/** A broken network gives NaN, infinities or numbers whose sums overflow; none of them is a body. */
bool is_plausible(const float* values) {
  for (size_t i = 0; i < kBoxValues; ++i) {
    if (!(std::abs(values[i]) <= 1e6F)) return false;
  }
  return values[2] >= 0.0F && values[3] >= 0.0F;
}

void collect_candidates(const TensorView& boxes, const TensorView& scores, float threshold,
                        std::vector<BlazePoseDetection>& candidates) {
  const auto& anchors = blazepose_anchors();
  // Most anchors are far below the threshold: the exponential is spared for them. The margin covers rounding.
  const float least_logit = std::log(threshold / (1.0F - threshold)) - 1e-3F;
  candidates.clear();
  for (size_t i = 0; i < kBlazePoseAnchors; ++i) {
    if (!(scores.data[i] >= least_logit)) continue;
    const float logit = std::clamp(scores.data[i], -kScoreClip, kScoreClip);
    const float score = 1.0F / (1.0F + std::exp(-logit));
    if (!(score >= threshold)) continue;
    const float* values = boxes.data + i * kBoxValues;
    if (is_plausible(values)) candidates.push_back(decode_box(values, anchors[i], score));
  }
}

float area(const BlazePoseDetection& box) { return (box.x_max - box.x_min) * (box.y_max - box.y_min); }

/** Intersection over union. */
float overlap(const BlazePoseDetection& a, const BlazePoseDetection& b) {
  const float width = std::min(a.x_max, b.x_max) - std::max(a.x_min, b.x_min);
  const float height = std::min(a.y_max, b.y_max) - std::max(a.y_min, b.y_min);
  if (width <= 0.0F || height <= 0.0F) return 0.0F;
  const float both = width * height;
  return both / (area(a) + area(b) - both);
}

/** Sums positions times score; the mean is taken when all members are in. */
class WeightedMean {
 public:
  void add(const BlazePoseDetection& member) {
    const float weight = member.score;
    total_ += weight;
    sum_.x_min += member.x_min * weight;
    sum_.y_min += member.y_min * weight;
    sum_.x_max += member.x_max * weight;
    sum_.y_max += member.y_max * weight;
    for (size_t i = 0; i < kBlazePoseAlignmentPoints; ++i) {
      sum_.points[i].x_img += member.points[i].x_img * weight;
      sum_.points[i].y_img += member.points[i].y_img * weight;
    }
  }

  BlazePoseDetection mean(float score) const {
    BlazePoseDetection mean = sum_;
    mean.score = score;
    for (float* value : {&mean.x_min, &mean.y_min, &mean.x_max, &mean.y_max}) *value /= total_;
    for (ImagePoint& point : mean.points) {
      point.x_img /= total_;
      point.y_img /= total_;
    }
    return mean;
  }

 private:
  BlazePoseDetection sum_;
  float total_ = 0.0F;
};

/** Takes the best candidate and all that overlap it out of `order`. */
BlazePoseDetection take_best(const std::vector<BlazePoseDetection>& candidates, float overlap_threshold,
                             std::vector<size_t>& order) {
  const BlazePoseDetection& best = candidates[order.front()];
  WeightedMean members;
  members.add(best);
  size_t kept = 0;
  for (size_t position = 1; position < order.size(); ++position) {
    const BlazePoseDetection& candidate = candidates[order[position]];
    if (overlap(candidate, best) > overlap_threshold) {
      members.add(candidate);
    } else {
      order[kept++] = order[position];
    }
  }
  order.resize(kept);
  return members.mean(best.score);
}

void project(const RoiProjection& letterbox, BlazePoseDetection& detection) {
  const ImagePoint low = letterbox.to_image(detection.x_min, detection.y_min);
  const ImagePoint high = letterbox.to_image(detection.x_max, detection.y_max);
  detection.x_min = low.x_img;
  detection.y_min = low.y_img;
  detection.x_max = high.x_img;
  detection.y_max = high.y_img;
  for (ImagePoint& point : detection.points) point = letterbox.to_image(point.x_img, point.y_img);
}

}  // namespace

InputSpec blazepose_detector_input() {
  return {224, 224, ColorOrder::rgb, {127.5F, 127.5F, 127.5F}, {127.5F, 127.5F, 127.5F}};
}

const std::array<BlazePoseAnchor, kBlazePoseAnchors>& blazepose_anchors() {
  static const std::array<BlazePoseAnchor, kBlazePoseAnchors> anchors = make_anchors();
  return anchors;
}

void decode_blazepose_detections(const TensorView& boxes, const TensorView& scores, const Roi& letterbox,
                                 const BlazePoseDetectorOptions& options, BlazePoseDetectorArena& arena,
                                 std::vector<BlazePoseDetection>& detections_img) {
  require_shape(boxes, {1, kBlazePoseAnchors, kBoxValues}, "boxes");
  require_shape(scores, {1, kBlazePoseAnchors, 1}, "scores");
  collect_candidates(boxes, scores, options.score_threshold, arena.candidates);
  arena.order.resize(arena.candidates.size());
  for (size_t i = 0; i < arena.order.size(); ++i) arena.order[i] = i;
  std::sort(arena.order.begin(), arena.order.end(), [&arena](size_t a, size_t b) {
    const float score_a = arena.candidates[a].score;
    const float score_b = arena.candidates[b].score;
    return score_a != score_b ? score_a > score_b : a < b;
  });
  const RoiProjection to_image(letterbox);
  detections_img.clear();
  while (!arena.order.empty() && detections_img.size() < options.max_detections) {
    detections_img.push_back(take_best(arena.candidates, options.overlap_threshold, arena.order));
    project(to_image, detections_img.back());
  }
}

Roi roi_from_detection(const BlazePoseDetection& detection_img) {
  return roi_from_alignment_points(detection_img.points[0], detection_img.points[1]);
}

}  // namespace pose
