#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "map_reader.h"
#include "pose/simcc.h"

namespace {

using pose::fuzz::require;

/** The first of the greatest finite bins, bin by bin; -1 where there is none. */
int first_greatest(const float* bins, int count) {
  int first = -1;
  for (int i = 0; i < count; ++i) {
    if (std::isfinite(bins[i]) && (first < 0 || bins[i] > bins[first])) first = i;
  }
  return first;
}

/** Distributions made of the input's bits, over and over from `phase` on. */
std::vector<float> fill(const uint8_t* data, size_t size, size_t phase, size_t count) {
  std::vector<float> bins(count);
  for (size_t i = 0; i < count && size > 0; ++i) {
    const size_t at = phase + 3 * i;
    if (data[at % size] % 2 == 0) {
      bins[i] = static_cast<float>(static_cast<int8_t>(data[(at + 1) % size])) / 100.0F;
      continue;
    }
    const uint8_t bits[4] = {data[(at + 1) % size], data[(at + 2) % size], data[(at + 3) % size],
                             data[(at + 4) % size]};
    std::memcpy(&bins[i], bits, sizeof(float));
  }
  return bins;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kHeader = 8;
  if (size < kHeader) return 0;
  const int people = 1 + data[0] % 3;
  const int keypoints = 1 + data[1] % 5;
  const int bins_x = 1 + (data[2] * 256 + data[3]) % 600;
  const int bins_y = 1 + (data[4] * 256 + data[5]) % 600;
  pose::SimccOptions options;
  options.score = data[6] % 2 == 0 ? pose::SimccScore::min : pose::SimccScore::mean;
  options.split_ratio = static_cast<float>(1 + data[7]) / 4.0F;
  const int count = people * keypoints;
  const std::vector<float> axis_x =
      fill(data + kHeader, size - kHeader, 0, static_cast<size_t>(count * bins_x));
  const std::vector<float> axis_y =
      fill(data + kHeader, size - kHeader, 1, static_cast<size_t>(count * bins_y));

  static pose::Instances found;
  decode_simcc({axis_x.data(), {people, keypoints, bins_x}}, {axis_y.data(), {people, keypoints, bins_y}},
               options, found);

  require(found.size() == static_cast<size_t>(people));
  require(found.keypoints.size() == static_cast<size_t>(count));
  for (const pose::Instances::Header& header : found.headers) {
    require(header.score >= 0.0F && header.score <= 1.0F && std::isfinite(header.raw_score));
  }
  for (int i = 0; i < count; ++i) {
    const pose::Keypoint& keypoint = found.keypoints[static_cast<size_t>(i)];
    if (!keypoint.present()) continue;
    require(keypoint.score > 0.0F && keypoint.score <= 1.0F);
    const int x = first_greatest(axis_x.data() + static_cast<ptrdiff_t>(i) * bins_x, bins_x);
    const int y = first_greatest(axis_y.data() + static_cast<ptrdiff_t>(i) * bins_y, bins_y);
    require(x >= 0 && y >= 0);
    require(keypoint.x == static_cast<float>(x) / options.split_ratio);
    require(keypoint.y == static_cast<float>(y) / options.split_ratio);
  }
  return 0;
}
