#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "pose/heatmap.h"

namespace {

/** Bytes of the input, then zeros. */
class Reader {
 public:
  Reader(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  uint8_t byte() { return size_ == 0 ? uint8_t{0} : (--size_, *data_++); }
  /** Half of them any bits at all, the other half in the range of real maps. */
  float value() {
    const uint8_t kind = byte();
    if (kind % 2 == 0) return static_cast<float>(static_cast<int8_t>(byte())) / 100.0F;
    const uint8_t bits[4] = {byte(), byte(), byte(), byte()};
    float any = 0.0F;
    std::memcpy(&any, bits, sizeof(any));
    return any;
  }
  bool empty() const { return size_ == 0; }

 private:
  const uint8_t* data_;
  size_t size_;
};

void require(bool condition) {
  if (!condition) std::abort();
}

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
  std::vector<float> pattern;
  while (!reader.empty() && pattern.size() < 4096) pattern.push_back(reader.value());
  if (pattern.empty()) pattern.push_back(0.5F);
  // Exactly as long as it must be, so that the sanitizer sees every cell too far.
  const auto cells = static_cast<size_t>(height * width);
  std::vector<float> heatmaps(static_cast<size_t>(people * keypoints) * cells);
  for (size_t i = 0; i < heatmaps.size(); ++i) heatmaps[i] = pattern[i % pattern.size()];

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
