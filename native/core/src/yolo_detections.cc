#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "float4.h"
#include "keep_best_detections.h"
#include "pose/detections.h"

namespace pose {
namespace {

constexpr int kBox = 4;           // values of a box
constexpr int kCocoClasses = 80;  // what nearly every published network knows

[[noreturn]] void throw_layout(const std::string& expected, const Shape& found) {
  throw std::invalid_argument("YOLO detections: expected " + expected + ", found " + found.to_string());
}

/** Cells of the grids of 8, 16 and 32 px, and of 64 px where `strides` is 4. */
int64_t grid_cells(int net_width, int net_height, int strides) {
  int64_t cells = 0;
  for (int i = 0; i < strides; ++i) {
    const int stride = 8 << i;
    cells += static_cast<int64_t>(net_width / stride) * (net_height / stride);
  }
  return cells;
}

bool has_candidates_a_cell(int candidates, int per_cell, int net_width, int net_height) {
  return candidates == per_cell * grid_cells(net_width, net_height, 3) ||
         candidates == per_cell * grid_cells(net_width, net_height, 4);
}

bool decide_objectness(const Shape& shape, const YoloLayout& layout, int net_width, int net_height) {
  if (layout.values_first || layout.values == kBox + 1) return false;
  if (has_candidates_a_cell(layout.candidates, 3, net_width, net_height)) return true;
  if (has_candidates_a_cell(layout.candidates, 1, net_width, net_height)) {
    if (layout.values == kBox + kCocoClasses) return false;
    if (layout.values == kBox + 1 + kCocoClasses) return true;
  }
  throw_layout(
      "to tell by the shape whether there is objectness: [1, 4 + classes, N], [1, N, 84], [1, N, 85] or "
      "three candidates a cell of an input of " +
          std::to_string(net_width) + "x" + std::to_string(net_height) +
          " (say which in the detector's options)",
      shape);
}

/** Adds what reaches the threshold among `count` neighbouring scores. Most do not, so 16 are asked at once.
 */
void find_scores(const float* scores, int count, float threshold, std::vector<uint32_t>& found) {
  constexpr int kStep = 16;
  const Float4 limit = {threshold, threshold, threshold, threshold};
  const auto ask_each = [&](int begin, int end) {
    for (int i = begin; i < end; ++i) {
      if (scores[i] >= threshold) found.push_back(static_cast<uint32_t>(i));
    }
  };
  int i = 0;
  for (; i + kStep <= count; i += kStep) {
    const Int4 reached = (load4(scores + i) >= limit) | (load4(scores + i + 4) >= limit) |
                         (load4(scores + i + 8) >= limit) | (load4(scores + i + 12) >= limit);
    if (any4(reached)) ask_each(i, i + kStep);
  }
  ask_each(i, count);
}

/** The same for scores that lie `stride` apart. */
void find_scores_apart(const float* scores, int count, ptrdiff_t stride, float threshold,
                       std::vector<uint32_t>& found) {
  for (int i = 0; i < count; ++i) {
    if (scores[i * stride] >= threshold) found.push_back(static_cast<uint32_t>(i));
  }
}

/** One tensor of any layout, seen as values of candidates. */
struct YoloView {
  const float* data;
  YoloLayout layout;

  ptrdiff_t value_step() const { return layout.values_first ? layout.candidates : 1; }
  ptrdiff_t candidate_step() const { return layout.values_first ? 1 : layout.values; }
  float value(uint32_t candidate, int index) const {
    return data[static_cast<ptrdiff_t>(candidate) * candidate_step() + index * value_step()];
  }
};

/** Whether no other class has more, and none before it as much: the first maximum. */
bool is_best_class(const YoloView& view, uint32_t candidate, int label) {
  const int first = view.layout.first_class();
  const float score = view.value(candidate, first + label);
  for (int other = 0; other < view.layout.classes(); ++other) {
    const float rival = view.value(candidate, first + other);
    if (other < label ? rival >= score : rival > score) return false;
  }
  return true;
}

void collect_candidates(const YoloView& view, const DetectionOptions& options, DetectionArena& arena) {
  const YoloLayout& layout = view.layout;
  arena.indices.clear();
  arena.indices.reserve(static_cast<size_t>(layout.candidates));
  // With objectness that is asked first: as a factor of at most 1 it bounds the score.
  const int asked = layout.objectness ? kBox : layout.first_class() + options.label;
  const float* scores = view.data + asked * view.value_step();
  if (layout.values_first) {
    find_scores(scores, layout.candidates, options.score_threshold, arena.indices);
  } else {
    find_scores_apart(scores, layout.candidates, view.candidate_step(), options.score_threshold,
                      arena.indices);
  }
  arena.candidates_net.clear();
  arena.candidates_net.reserve(static_cast<size_t>(layout.candidates));
  for (const uint32_t i : arena.indices) {
    float score = view.value(i, layout.first_class() + options.label);
    if (layout.objectness) score *= view.value(i, kBox);
    if (!(score >= options.score_threshold) || !is_best_class(view, i, options.label)) continue;
    const float x = view.value(i, 0);
    const float y = view.value(i, 1);
    const float half_width = view.value(i, 2) / 2.0F;
    const float half_height = view.value(i, 3) / 2.0F;
    add_candidate({score, x - half_width, y - half_height, x + half_width, y + half_height}, arena);
  }
}

}  // namespace

YoloLayout yolo_layout(const Shape& shape, int net_width, int net_height, YoloScores scores) {
  const bool countable = shape.rank() == 3 && shape[0] == 1 && shape[1] > 0 && shape[2] > 0 &&
                         shape[1] <= kMaxDetectorElements / shape[2];
  if (!countable || std::min(shape[1], shape[2]) <= kBox) {
    throw_layout("an output of shape [1, 4 + classes, N], [1, N, 4 + classes] or [1, N, 5 + classes]", shape);
  }
  if (shape[1] == shape[2]) {
    throw_layout("one axis to be longer than the other, the longer being candidates", shape);
  }
  YoloLayout layout;
  layout.values_first = shape[1] < shape[2];
  layout.values = static_cast<int>(std::min(shape[1], shape[2]));
  layout.candidates = static_cast<int>(std::max(shape[1], shape[2]));
  layout.objectness = scores == YoloScores::by_shape ? decide_objectness(shape, layout, net_width, net_height)
                                                     : scores == YoloScores::objectness;
  if (layout.classes() < 1) throw_layout("box, objectness and at least one class", shape);
  return layout;
}

void decode_yolo_detections(const TensorView& output, const YoloLayout& layout, const Letterbox& letterbox,
                            const DetectionOptions& options, DetectionArena& arena,
                            std::vector<Detection>& detections_img) {
  const Shape expected = layout.values_first ? Shape{1, layout.values, layout.candidates}
                                             : Shape{1, layout.candidates, layout.values};
  if (output.shape != expected || output.data == nullptr) {
    throw_layout("the data of an output of shape " + expected.to_string(), output.shape);
  }
  if (options.label < 0 || options.label >= layout.classes()) {
    throw std::invalid_argument("YOLO detections: expected a label below " +
                                std::to_string(layout.classes()) + ", found " +
                                std::to_string(options.label));
  }
  collect_candidates({output.data, layout}, options, arena);
  keep_best_detections(letterbox, {options.max_detections, options.iou_threshold}, arena, detections_img);
}

}  // namespace pose
