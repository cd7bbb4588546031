#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "map_reader.h"
#include "pose/openpose.h"

using pose::fuzz::Pattern;
using pose::fuzz::Reader;
using pose::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Reader reader(data, size);
  const int height = 1 + reader.byte() % 40;
  const int width = 1 + reader.byte() % 60;
  const int channels = reader.byte() % 2 == 0 ? 18 : 19;
  pose::OpenPoseOptions options;
  options.limb_ratio = reader.byte() % 2 == 0 ? pose::LimbRatio::all : pose::LimbRatio::most;
  options.peak_threshold = static_cast<float>(1 + reader.byte() % 100) / 100.0F;
  options.max_peaks = 1 + reader.byte() % 40;
  options.max_people = 1 + reader.byte() % 20;
  const auto cells = static_cast<size_t>(height * width);
  // The pattern runs through both tensors with different phases, so that peaks and fields differ.
  Pattern pattern(reader);
  const std::vector<float> heatmaps = pattern.take(static_cast<size_t>(channels) * cells);
  const std::vector<float> pafs = pattern.take(38 * cells);

  // Kept from input to input, as in the agent.
  static pose::OpenPoseArena arena;
  static pose::Instances people;
  decode_openpose({heatmaps.data(), {1, channels, height, width}}, {pafs.data(), {1, 38, height, width}},
                  options, arena, people);

  require(people.size() <= static_cast<size_t>(options.max_people));
  require(people.keypoints.size() == people.size() * 18);
  for (size_t i = 0; i < people.size(); ++i) {
    require(people.headers[i].score > 0.0F && people.headers[i].score <= 1.0F);
    require(std::isfinite(people.headers[i].raw_score));
    for (size_t kind = 0; kind < 18; ++kind) {
      const pose::Keypoint& keypoint = people.keypoints_of(i)[kind];
      if (!keypoint.present()) continue;
      require(keypoint.x > 0 && keypoint.x < static_cast<float>(8 * width));
      require(keypoint.y > 0 && keypoint.y < static_cast<float>(8 * height));
      require(keypoint.score >= options.peak_threshold && keypoint.score <= 1.0F);
    }
  }
  return 0;
}
