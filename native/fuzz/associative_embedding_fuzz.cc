#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "map_reader.h"
#include "pose/associative_embedding.h"

namespace {

using pose::fuzz::Pattern;
using pose::fuzz::Reader;
using pose::fuzz::require;

void check(const pose::Instances& people, const pose::AssociativeEmbeddingOptions& options,
           const pose::Shape& shape) {
  const auto keypoints = static_cast<size_t>(shape[1]);
  require(people.size() <= static_cast<size_t>(options.max_people));
  require(people.keypoint_count == shape[1] && people.keypoints.size() == people.size() * keypoints);
  const auto stride = static_cast<float>(options.stride);
  const float low = std::fmin(options.delta, 0.0F) * stride;
  const float high = (std::fmax(options.delta, 0.0F)) * stride;
  for (size_t i = 0; i < people.size(); ++i) {
    require(people.headers[i].score > 0.0F && people.headers[i].score <= 1.0F);
    require(std::isfinite(people.headers[i].raw_score));
    require(people.headers[i].raw_score > options.score_threshold);
    bool any = false;
    for (size_t kind = 0; kind < keypoints; ++kind) {
      const pose::Keypoint& keypoint = people.keypoints_of(i)[kind];
      if (!keypoint.present()) continue;
      any = true;
      require(keypoint.x >= low && keypoint.x < stride * static_cast<float>(shape[3]) + high);
      require(keypoint.y >= low && keypoint.y < stride * static_cast<float>(shape[2]) + high);
      require(keypoint.score > 0.0F && keypoint.score <= 1.0F);
    }
    require(any);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Reader reader(data, size);
  constexpr int kKeypoints[] = {1, 2, 5, 17, 17, 17, 18, 33};
  const int keypoints = kKeypoints[reader.byte() % 8];
  const int height = 1 + reader.byte() % 30;
  const int width = 1 + reader.byte() % 40;
  pose::AssociativeEmbeddingOptions options;
  const uint8_t style = reader.byte();
  options.peaks = style % 3 == 2 ? pose::AssociativePeaks::plain : pose::AssociativePeaks::suppressed;
  options.peak_threshold = std::fmax(reader.fraction(), 0.01F);
  options.tag_threshold = static_cast<float>(1 + reader.byte()) / 32.0F;
  options.score_threshold = reader.fraction() / 4.0F;
  options.delta = reader.fraction() - 0.5F;
  options.stride = 1 + reader.byte() % 8;
  options.max_people = 1 + reader.byte() % 64;
  const pose::Shape shape{1, keypoints, height, width};
  const auto elements = static_cast<size_t>(shape.elements());
  // The pattern runs through the tensors with different phases, so that they differ.
  Pattern pattern(reader);
  const std::vector<float> heatmaps = pattern.take(elements);
  const std::vector<float> tags = pattern.take(elements);
  const std::vector<float> nms_heatmaps = pattern.take(elements);
  const float scalar = 0.5F;  // a tensor without a shape is none, whatever it points to
  const pose::TensorView nms =
      style % 3 == 1 ? pose::TensorView{nms_heatmaps.data(), shape} : pose::TensorView{&scalar, {}};

  // Kept from input to input, as in the agent.
  static pose::AssociativeEmbeddingArena arena;
  static pose::Instances people;
  decode_associative_embedding({heatmaps.data(), shape}, {tags.data(), shape}, nms, options, arena, people);
  check(people, options, shape);

  // The same again, from memory that has seen nothing.
  pose::AssociativeEmbeddingArena fresh_arena;
  pose::Instances again;
  decode_associative_embedding({heatmaps.data(), shape}, {tags.data(), shape}, nms, options, fresh_arena,
                               again);
  require(again.size() == people.size());
  for (size_t i = 0; i < people.keypoints.size(); ++i) {
    const pose::Keypoint& a = people.keypoints[i];
    const pose::Keypoint& b = again.keypoints[i];
    require(a.present() == b.present() && a.score == b.score);
    require(!a.present() || (a.x == b.x && a.y == b.y));
  }
  return 0;
}
