#include "pose/detections.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "keep_best_detections.h"

namespace pose {
namespace {

constexpr int kSsdValues = 7;
constexpr int kBoxValues = 5;

[[noreturn]] void throw_shape(const std::string& expected, const Shape& found) {
  throw std::invalid_argument("detections: expected " + expected + ", found " + found.to_string());
}

/** Number of candidates: the axis must not be so long that counting elements loses its meaning. */
int to_count(const Shape& shape, int axis, const char* expected) {
  const int64_t count = shape[axis];
  if (count < 0 || count > kMaxDetectorElements / kSsdValues) throw_shape(expected, shape);
  return static_cast<int>(count);
}

void require_data(const TensorView& tensor, int candidates) {
  if (tensor.data == nullptr && candidates > 0) {
    throw std::invalid_argument("detections: expected the data of a tensor of shape " +
                                tensor.shape.to_string() + ", found none");
  }
}

/** Position of the axis of N in [N, ...] or [1, N, ...]; -1 for another rank. */
int axis_of_list(const Shape& shape, int rank) {
  if (shape.rank() == rank) return 0;
  return shape.rank() == rank + 1 && shape[0] == 1 ? 1 : -1;
}

}  // namespace

float overlap(const Detection& a, const Detection& b) {
  const auto area = [](const Detection& box) {
    return static_cast<double>(box.x_max - box.x_min) * static_cast<double>(box.y_max - box.y_min);
  };
  const double width = std::min(a.x_max, b.x_max) - std::max(a.x_min, b.x_min);
  const double height = std::min(a.y_max, b.y_max) - std::max(a.y_min, b.y_min);
  if (!(width > 0.0 && height > 0.0)) return 0.0F;
  const double both = width * height;
  return static_cast<float>(both / (area(a) + area(b) - both));
}

int check_ssd_shape(const Shape& detections) {
  const char* const expected = "an output of shape [1, 1, N, 7]";
  const bool fits =
      detections.rank() == 4 && detections[0] == 1 && detections[1] == 1 && detections[3] == kSsdValues;
  if (!fits) throw_shape(expected, detections);
  return to_count(detections, 2, expected);
}

void decode_ssd_detections(const TensorView& detections, const Letterbox& letterbox,
                           const DetectionOptions& options, DetectionArena& arena,
                           std::vector<Detection>& detections_img) {
  const int count = check_ssd_shape(detections.shape);
  require_data(detections, count);
  const auto label = static_cast<float>(options.label);
  const auto net_width = static_cast<float>(letterbox.net_width);
  const auto net_height = static_cast<float>(letterbox.net_height);
  arena.candidates_net.clear();
  arena.candidates_net.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    const float* row = detections.data + static_cast<ptrdiff_t>(i) * kSsdValues;
    if (!(row[0] >= 0.0F)) break;
    if (row[1] != label || !(row[2] >= options.score_threshold)) continue;
    add_candidate({row[2], row[3] * net_width, row[4] * net_height, row[5] * net_width, row[6] * net_height},
                  arena);
  }
  keep_best_detections(letterbox, {options.max_detections, 1.0F}, arena, detections_img);
}

int check_box_shapes(const Shape& boxes, const Shape& labels) {
  const char* const expected = "boxes of shape [N, 5] or [1, N, 5]";
  const int axis = axis_of_list(boxes, 2);
  if (axis < 0 || boxes[axis + 1] != kBoxValues) throw_shape(expected, boxes);
  const int count = to_count(boxes, axis, expected);
  if (labels.rank() == 0) return count;
  const int label_axis = axis_of_list(labels, 1);
  if (label_axis < 0 || labels[label_axis] != count) {
    const std::string n = std::to_string(count);
    throw_shape("labels of shape [" + n + "] or [1, " + n + "]", labels);
  }
  return count;
}

void decode_box_detections(const TensorView& boxes, const TensorView& labels, const Letterbox& letterbox,
                           const DetectionOptions& options, DetectionArena& arena,
                           std::vector<Detection>& detections_img) {
  const int count = check_box_shapes(boxes.shape, labels.shape);
  require_data(boxes, count);
  if (labels.shape.rank() > 0) require_data(labels, count);
  const auto label = static_cast<float>(options.label);
  arena.candidates_net.clear();
  arena.candidates_net.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    const float* box = boxes.data + static_cast<ptrdiff_t>(i) * kBoxValues;
    if (!(box[4] >= options.score_threshold)) continue;
    if (labels.shape.rank() > 0 && labels.data[i] != label) continue;
    add_candidate({box[4], box[0], box[1], box[2], box[3]}, arena);
  }
  keep_best_detections(letterbox, {options.max_detections, 1.0F}, arena, detections_img);
}

}  // namespace pose
