#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "map_reader.h"
#include "pose/trt_pose.h"

namespace {

using pose::fuzz::Pattern;
using pose::fuzz::Reader;
using pose::fuzz::require;

pose::TrtPoseOptions read_options(Reader& reader, int keypoints) {
  pose::TrtPoseOptions options;
  options.peak_threshold = static_cast<float>(1 + reader.byte() % 100) / 100.0F;
  options.link_threshold = static_cast<float>(reader.byte() % 101) / 100.0F;
  options.window = 3 + 2 * (reader.byte() % 7);
  options.stride = 1 + reader.byte() % 16;
  options.max_peaks = 1 + reader.byte() % 40;
  options.max_people = 1 + reader.byte() % 20;
  // None at all stands for trt_pose's own, which need 18 keypoints.
  const int links = keypoints < 18 ? 1 + reader.byte() % 12 : reader.byte() % 12;
  for (int i = 0; i < links; ++i) {
    const int from = reader.byte() % keypoints;
    const int to = (from + 1 + reader.byte() % (keypoints - 1)) % keypoints;
    const int channel = reader.byte() % (2 * links);
    options.links.push_back({channel, (channel + 1) % (2 * links), from, to});
  }
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Reader reader(data, size);
  const int height = 1 + reader.byte() % 40;
  const int width = 1 + reader.byte() % 40;
  const int keypoints = 2 + reader.byte() % 20;
  const pose::TrtPoseOptions options = read_options(reader, keypoints);
  const int channels = options.links.empty() ? 42 : 2 * static_cast<int>(options.links.size());
  const auto cells = static_cast<size_t>(height * width);
  // The pattern runs through both tensors with different phases, so that peaks and fields differ.
  Pattern pattern(reader);
  const std::vector<float> cmap = pattern.take(static_cast<size_t>(keypoints) * cells);
  const std::vector<float> paf = pattern.take(static_cast<size_t>(channels) * cells);

  // Kept from input to input, as in the agent.
  static pose::TrtPoseArena arena;
  static pose::Instances people;
  decode_trt_pose({cmap.data(), {1, keypoints, height, width}}, {paf.data(), {1, channels, height, width}},
                  options, arena, people);

  require(people.keypoint_count == keypoints);
  require(people.size() <= static_cast<size_t>(options.max_people));
  require(people.keypoints.size() == people.size() * static_cast<size_t>(keypoints));
  for (size_t i = 0; i < people.size(); ++i) {
    require(people.headers[i].score > 0.0F && people.headers[i].score <= 1.0F);
    int present = 0;
    for (size_t kind = 0; kind < static_cast<size_t>(keypoints); ++kind) {
      const pose::Keypoint& keypoint = people.keypoints_of(i)[kind];
      if (!keypoint.present()) continue;
      ++present;
      require(keypoint.x > 0 && keypoint.x <= static_cast<float>(options.stride * width));
      require(keypoint.y > 0 && keypoint.y <= static_cast<float>(options.stride * height));
      require(keypoint.score >= options.peak_threshold && keypoint.score <= 1.0F);
    }
    require(present > 0 && people.headers[i].raw_score == static_cast<float>(present));
  }
  return 0;
}
