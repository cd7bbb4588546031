#include "pose/associative_embedding.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "associative_embedding_groups.h"
#include "associative_embedding_peaks.h"
#include "associative_embedding_people.h"

namespace pose {

struct AssociativeEmbeddingArena::Buffers {
  std::vector<std::vector<TagPeak>> peaks;  ///< by kind of keypoint
  TagGrouping grouping;
  TagPeople people;
};

AssociativeEmbeddingArena::AssociativeEmbeddingArena() : buffers_(std::make_unique<Buffers>()) {}
AssociativeEmbeddingArena::~AssociativeEmbeddingArena() = default;
AssociativeEmbeddingArena::AssociativeEmbeddingArena(AssociativeEmbeddingArena&&) noexcept = default;
AssociativeEmbeddingArena& AssociativeEmbeddingArena::operator=(AssociativeEmbeddingArena&&) noexcept =
    default;

namespace {

/** COCO's keypoints are grouped from head to foot, the trunk before the arms. */
constexpr std::array<int, 17> kCocoOrder = {0, 1, 2, 3, 4, 5, 6, 11, 12, 7, 8, 9, 10, 13, 14, 15, 16};
constexpr int kMaxPeople = 64;

[[noreturn]] void refuse(const std::string& what, const std::string& expected, const std::string& found) {
  throw std::invalid_argument("associative embedding decoder: " + what + ": expected " + expected +
                              ", found " + found);
}

bool is_within(int64_t value, int64_t most) { return value >= 1 && value <= most; }

void check_options(const AssociativeEmbeddingOptions& options) {
  if (!(options.peak_threshold > 0.0F && options.peak_threshold <= 1.0F)) {
    refuse("peak_threshold", "above 0 and at most 1", std::to_string(options.peak_threshold));
  }
  if (!(options.tag_threshold > 0.0F && std::isfinite(options.tag_threshold))) {
    refuse("tag_threshold", "above 0 and finite", std::to_string(options.tag_threshold));
  }
  if (!(options.score_threshold >= 0.0F && options.score_threshold <= 1.0F)) {
    refuse("score_threshold", "0 to 1", std::to_string(options.score_threshold));
  }
  if (!std::isfinite(options.delta)) refuse("delta", "a finite number", std::to_string(options.delta));
  if (options.stride < 1) refuse("stride", "at least 1", std::to_string(options.stride));
  if (!is_within(options.max_people, kMaxPeople)) {
    refuse("max_people", "1.." + std::to_string(kMaxPeople), std::to_string(options.max_people));
  }
}

void check_data(const TensorView& heatmaps, const TensorView& tags, const TensorView& nms_heatmaps) {
  if (heatmaps.data == nullptr) refuse("heatmaps", "data", "none");
  if (tags.data == nullptr) refuse("tags", "data", "none");
  if (nms_heatmaps.shape.rank() != 0 && nms_heatmaps.data == nullptr) refuse("nms_heatmaps", "data", "none");
}

/** Makes room for what a frame of this size may need, so that no later one allocates. */
void reserve(AssociativeEmbeddingArena::Buffers& buffers, const Shape& map,
             const AssociativeEmbeddingOptions& options, Instances& people) {
  const auto keypoints = static_cast<int>(map[1]);
  const auto most_people = static_cast<size_t>(options.max_people);
  buffers.peaks.resize(static_cast<size_t>(keypoints));
  for (auto& peaks : buffers.peaks) peaks.reserve(static_cast<size_t>(peaks_in_search(options.max_people)));
  buffers.grouping.start(keypoints, options.max_people);
  buffers.people.reserve(static_cast<int>(map[2] * map[3]), buffers.grouping.max_groups());
  people.headers.reserve(most_people);
  people.keypoints.reserve(most_people * static_cast<size_t>(keypoints));
}

}  // namespace

int check_associative_embedding_shapes(const Shape& heatmaps, const Shape& tags, const Shape& nms_heatmaps) {
  const bool heatmaps_fit =
      heatmaps.rank() == 4 && heatmaps[0] == 1 && is_within(heatmaps[1], kAssociativeMaxKeypoints) &&
      is_within(heatmaps[2], kAssociativeMaxMapSide) && is_within(heatmaps[3], kAssociativeMaxMapSide);
  if (!heatmaps_fit) {
    refuse("heatmaps",
           "[1, K, H, W], K 1.." + std::to_string(kAssociativeMaxKeypoints) + ", H and W 1.." +
               std::to_string(kAssociativeMaxMapSide),
           heatmaps.to_string());
  }
  Shape with_tag_size = heatmaps;
  with_tag_size.push_back(1);
  if (tags != heatmaps && tags != with_tag_size) {
    refuse("tags", heatmaps.to_string() + " or " + with_tag_size.to_string(), tags.to_string());
  }
  if (nms_heatmaps.rank() != 0 && nms_heatmaps != heatmaps) {
    refuse("nms_heatmaps", heatmaps.to_string(), nms_heatmaps.to_string());
  }
  return static_cast<int>(heatmaps[1]);
}

void decode_associative_embedding(const TensorView& heatmaps, const TensorView& tags,
                                  const TensorView& nms_heatmaps, const AssociativeEmbeddingOptions& options,
                                  AssociativeEmbeddingArena& arena, Instances& people_net) {
  const int keypoints = check_associative_embedding_shapes(heatmaps.shape, tags.shape, nms_heatmaps.shape);
  check_data(heatmaps, tags, nms_heatmaps);
  check_options(options);

  AssociativeEmbeddingArena::Buffers& buffers = arena.buffers();
  people_net.clear(keypoints);
  reserve(buffers, heatmaps.shape, options, people_net);
  const auto height = static_cast<int>(heatmaps.shape[2]);
  const auto width = static_cast<int>(heatmaps.shape[3]);
  const ptrdiff_t plane = static_cast<ptrdiff_t>(height) * width;

  const bool separate = options.peaks == AssociativePeaks::suppressed && nms_heatmaps.shape.rank() != 0;
  const float* peak_maps = separate ? nms_heatmaps.data : heatmaps.data;
  for (int i = 0; i < keypoints; ++i) {
    const int kind =
        keypoints == static_cast<int>(kCocoOrder.size()) ? kCocoOrder[static_cast<size_t>(i)] : i;
    std::vector<TagPeak>& peaks = buffers.peaks[static_cast<size_t>(kind)];
    find_tag_peaks({peak_maps + kind * plane, tags.data + kind * plane, height, width}, options, peaks);
    buffers.grouping.add_kind(kind, peaks, options);
  }
  buffers.people.finish({heatmaps.data, tags.data, height, width}, buffers.grouping, buffers.peaks, options,
                        people_net);
}

}  // namespace pose
