#include "pose/openpose.h"

#include <stdexcept>
#include <string>

#include "openpose_limbs.h"
#include "openpose_peaks.h"
#include "openpose_people.h"

namespace pose {

struct OpenPoseArena::Buffers {
  PeakFinder finder;
  PeaksByKeypoint peaks;
  LimbMatcher matcher;
  std::vector<Connection> connections;
  PeopleAssembler people;
};

OpenPoseArena::OpenPoseArena() : buffers_(std::make_unique<Buffers>()) {}
OpenPoseArena::~OpenPoseArena() = default;
OpenPoseArena::OpenPoseArena(OpenPoseArena&&) noexcept = default;
OpenPoseArena& OpenPoseArena::operator=(OpenPoseArena&&) noexcept = default;

namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& expected, const std::string& found) {
  throw std::invalid_argument("OpenPose decoder: " + what + ": expected " + expected + ", found " + found);
}

bool is_map_side(int64_t side) { return side >= 1 && side <= kOpenPoseMaxMapSide; }

void check_options(const OpenPoseOptions& options) {
  if (!(options.peak_threshold > 0.0F && options.peak_threshold <= 1.0F)) {
    refuse("peak_threshold", "above 0 and at most 1", std::to_string(options.peak_threshold));
  }
  if (options.max_peaks < 1 || options.max_peaks > kOpenPoseMaxPeaks) {
    refuse("max_peaks", "1.." + std::to_string(kOpenPoseMaxPeaks), std::to_string(options.max_peaks));
  }
  if (options.max_people < 1) refuse("max_people", "at least 1", std::to_string(options.max_people));
}

/** Makes room for what a frame of this size may need, so that no later one allocates. */
void reserve(OpenPoseArena::Buffers& buffers, const Shape& map, const OpenPoseOptions& options,
             Instances& people) {
  const auto max_peaks = static_cast<size_t>(options.max_peaks);
  buffers.finder.resize(static_cast<int>(map[2]), static_cast<int>(map[3]));
  // Before the cap. Bicubic interpolation makes at most about one maximum a map cell.
  const auto cells = static_cast<size_t>(map[2] * map[3]);
  for (auto& peaks : buffers.peaks) peaks.reserve(cells);
  buffers.matcher.reserve(max_peaks);
  buffers.connections.reserve(max_peaks);
  buffers.people.reserve(max_peaks);
  const size_t most = std::min(static_cast<size_t>(options.max_people), kOpenPoseLimbs.size() * max_peaks);
  people.headers.reserve(most);
  people.keypoints.reserve(most * kOpenPoseKeypoints);
}

}  // namespace

void check_openpose_shapes(const Shape& heatmaps, const Shape& pafs) {
  const bool heatmaps_fit = heatmaps.rank() == 4 && heatmaps[0] == 1 &&
                            (heatmaps[1] == kOpenPoseHeatmapChannels || heatmaps[1] == kOpenPoseKeypoints) &&
                            is_map_side(heatmaps[2]) && is_map_side(heatmaps[3]);
  if (!heatmaps_fit) {
    refuse("heatmaps", "[1, 19, H, W] or [1, 18, H, W], H and W 1.." + std::to_string(kOpenPoseMaxMapSide),
           heatmaps.to_string());
  }
  const Shape expected{1, kOpenPosePafChannels, heatmaps[2], heatmaps[3]};
  if (pafs != expected) refuse("pafs", expected.to_string(), pafs.to_string());
}

void decode_openpose(const TensorView& heatmaps, const TensorView& pafs, const OpenPoseOptions& options,
                     OpenPoseArena& arena, Instances& people_net) {
  check_openpose_shapes(heatmaps.shape, pafs.shape);
  if (heatmaps.data == nullptr) refuse("heatmaps", "data", "none");
  if (pafs.data == nullptr) refuse("pafs", "data", "none");
  check_options(options);

  OpenPoseArena::Buffers& buffers = arena.buffers();
  people_net.clear(kOpenPoseKeypoints);
  reserve(buffers, heatmaps.shape, options, people_net);
  const auto height = static_cast<int>(heatmaps.shape[2]);
  const auto width = static_cast<int>(heatmaps.shape[3]);
  const ptrdiff_t plane = static_cast<ptrdiff_t>(height) * width;

  for (size_t keypoint = 0; keypoint < buffers.peaks.size(); ++keypoint) {
    buffers.finder.find(heatmaps.data + static_cast<ptrdiff_t>(keypoint) * plane, options.peak_threshold,
                        static_cast<size_t>(options.max_peaks), buffers.peaks[keypoint]);
  }
  buffers.people.clear();
  for (size_t i = 0; i < kOpenPoseLimbs.size(); ++i) {
    const Limb& limb = kOpenPoseLimbs[i];
    const float* field_x = pafs.data + limb.paf_x * plane;
    buffers.matcher.match(
        {field_x, field_x + plane, height, width}, buffers.peaks[static_cast<size_t>(limb.from)],
        buffers.peaks[static_cast<size_t>(limb.to)], options.limb_ratio, buffers.connections);
    buffers.people.add_limb(i, buffers.peaks, buffers.connections);
  }
  buffers.people.finish(buffers.peaks, static_cast<size_t>(options.max_people), people_net);
}

}  // namespace pose
