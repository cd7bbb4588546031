#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "map_reader.h"
#include "pose/heatmap.h"

namespace {

using pose::fuzz::Pattern;
using pose::fuzz::Reader;
using pose::fuzz::require;

/** The greatest finite cell; 0 where none is above 0. */
float greatest(const float* cells, size_t count) {
  float best = 0.0F;
  for (size_t i = 0; i < count; ++i) {
    if (std::isfinite(cells[i]) && cells[i] > best) best = cells[i];
  }
  return best;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Reader reader(data, size);
  const int people = 1 + reader.byte() % 3;
  const int keypoints = 1 + reader.byte() % 4;
  const int height = 1 + reader.byte() % 70;
  const int width = 1 + reader.byte() % 60;
  pose::HeatmapOptions options;
  options.refine = static_cast<pose::HeatmapRefine>(reader.byte() % 4);
  options.stride = 1 + reader.byte() % 32;
  options.blur_kernel = 3 + 2 * (reader.byte() % 15);
  // Exactly as long as it must be, so that the sanitizer sees every cell too far.
  const auto cells = static_cast<size_t>(height * width);
  const std::vector<float> heatmaps = Pattern(reader).take(static_cast<size_t>(people * keypoints) * cells);

  // Kept from input to input, as in the agent.
  static pose::HeatmapArena arena;
  static pose::Instances found;
  decode_heatmaps({heatmaps.data(), {people, keypoints, height, width}}, options, arena, found);

  require(found.size() == static_cast<size_t>(people));
  require(found.keypoints.size() == static_cast<size_t>(people * keypoints));
  for (const pose::Instances::Header& header : found.headers) {
    require(header.score >= 0.0F && header.score <= 1.0F && std::isfinite(header.raw_score));
  }
  // A refinement may leave the map, but not by more than the widest map.
  const float farthest = 2.0F * static_cast<float>(2 * pose::kHeatmapMaxMapSide * options.stride);
  for (size_t i = 0; i < found.keypoints.size(); ++i) {
    const pose::Keypoint& keypoint = found.keypoints[i];
    const float best = greatest(heatmaps.data() + i * cells, cells);
    require(keypoint.present() == (best > 0.0F));
    if (!keypoint.present()) continue;
    require(keypoint.score == std::fmin(best, 1.0F));
    require(std::fabs(keypoint.x) < farthest && std::fabs(keypoint.y) < farthest);
  }
  return 0;
}
