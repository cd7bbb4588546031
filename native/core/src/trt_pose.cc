#include "pose/trt_pose.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "trt_pose_links.h"
#include "trt_pose_options.h"
#include "trt_pose_peaks.h"
#include "trt_pose_people.h"

namespace pose {

struct TrtPoseArena::Buffers {
  TrtPosePeakFinder finder;
  TrtPoseLinkMatcher matcher;
  TrtPoseParts parts;
  TrtPosePeople people;
};

TrtPoseArena::TrtPoseArena() : buffers_(std::make_unique<Buffers>()) {}
TrtPoseArena::~TrtPoseArena() = default;
TrtPoseArena::TrtPoseArena(TrtPoseArena&&) noexcept = default;
TrtPoseArena& TrtPoseArena::operator=(TrtPoseArena&&) noexcept = default;

namespace {

constexpr int kMaxPeaks = 256;
constexpr int kMaxPeople = 256;

[[noreturn]] void refuse(const std::string& what, const std::string& expected, const std::string& found) {
  throw std::invalid_argument("trt_pose decoder: " + what + ": expected " + expected + ", found " + found);
}

void require_count(const char* what, int value, int most) {
  if (value < 1 || value > most) refuse(what, "1.." + std::to_string(most), std::to_string(value));
}

void check_link(const std::vector<TrtPoseLink>& links, size_t index) {
  const TrtPoseLink& link = links[index];
  const auto name = [index](const char* member) { return "links[" + std::to_string(index) + "]." + member; };
  const auto require_index = [&name](const char* member, int value, int last) {
    if (value < 0 || value > last) refuse(name(member), "0.." + std::to_string(last), std::to_string(value));
  };
  const auto last_channel = static_cast<int>(2 * links.size()) - 1;
  require_index("paf_y", link.paf_y, last_channel);
  require_index("paf_x", link.paf_x, last_channel);
  require_index("from", link.from, kTrtPoseMaxKeypoints - 1);
  require_index("to", link.to, kTrtPoseMaxKeypoints - 1);
  if (link.paf_x == link.paf_y)
    refuse(name("paf_x"), "another channel than paf_y", std::to_string(link.paf_x));
  if (link.to == link.from) refuse(name("to"), "another keypoint than from", std::to_string(link.to));
}

/** Keypoints that links speak of, at least. */
int keypoints_of(const std::vector<TrtPoseLink>& links) {
  int most = 0;
  for (const TrtPoseLink& link : links) most = std::max({most, link.from, link.to});
  return most + 1;
}

bool is_map_side(int64_t side) { return side >= 1 && side <= kTrtPoseMaxMapSide; }

/** Makes room for what a frame of this size may need, so that no later one allocates. */
void reserve(TrtPoseArena::Buffers& buffers, const TrtPosePeakSearch& search, size_t keypoints,
             size_t links) {
  buffers.finder.resize(search);
  buffers.parts.peaks.resize(keypoints);
  for (auto& peaks : buffers.parts.peaks) peaks.reserve(buffers.finder.room());
  buffers.parts.connections.resize(links);
  for (TrtPoseConnections& connections : buffers.parts.connections) {
    connections.to_of.reserve(search.max_peaks);
    connections.from_of.reserve(search.max_peaks);
  }
  buffers.matcher.reserve(search.max_peaks);
  buffers.people.reserve(keypoints, search.max_peaks);
}

}  // namespace

const std::vector<TrtPoseLink>& trt_pose_human_links() {
  // Nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles (left before right), neck.
  static const std::vector<TrtPoseLink> links = {
      {0, 1, 15, 13},  {2, 3, 13, 11},   {4, 5, 16, 14},   {6, 7, 14, 12}, {8, 9, 11, 12},  {10, 11, 5, 7},
      {12, 13, 6, 8},  {14, 15, 7, 9},   {16, 17, 8, 10},  {18, 19, 1, 2}, {20, 21, 0, 1},  {22, 23, 0, 2},
      {24, 25, 1, 3},  {26, 27, 2, 4},   {28, 29, 3, 5},   {30, 31, 4, 6}, {32, 33, 17, 0}, {34, 35, 17, 5},
      {36, 37, 17, 6}, {38, 39, 17, 11}, {40, 41, 17, 12},
  };
  return links;
}

const std::vector<TrtPoseLink>& trt_pose_links(const TrtPoseOptions& options) {
  return options.links.empty() ? trt_pose_human_links() : options.links;
}

void check_trt_pose_options(const TrtPoseOptions& options) {
  if (!(options.peak_threshold > 0.0F && options.peak_threshold <= 1.0F)) {
    refuse("peak_threshold", "above 0 and at most 1", std::to_string(options.peak_threshold));
  }
  if (!(options.link_threshold >= 0.0F && options.link_threshold <= 1.0F)) {
    refuse("link_threshold", "0 to 1", std::to_string(options.link_threshold));
  }
  if (options.window < 3 || options.window > kTrtPoseMaxWindow || options.window % 2 == 0) {
    refuse("window", "an odd number, 3.." + std::to_string(kTrtPoseMaxWindow),
           std::to_string(options.window));
  }
  if (options.stride < 1) refuse("stride", "at least 1", std::to_string(options.stride));
  require_count("max_peaks", options.max_peaks, kMaxPeaks);
  require_count("max_people", options.max_people, kMaxPeople);
  for (size_t i = 0; i < options.links.size(); ++i) check_link(options.links, i);
}

int check_trt_pose_shapes(const Shape& cmap, const Shape& paf, const TrtPoseOptions& options) {
  const std::vector<TrtPoseLink>& links = trt_pose_links(options);
  for (size_t i = 0; i < links.size(); ++i) check_link(links, i);
  const int least = keypoints_of(links);
  const bool cmap_fits = cmap.rank() == 4 && cmap[0] == 1 && cmap[1] >= least &&
                         cmap[1] <= kTrtPoseMaxKeypoints && is_map_side(cmap[2]) && is_map_side(cmap[3]);
  if (!cmap_fits) {
    refuse("cmap",
           "[1, K, H, W], K " + std::to_string(least) + ".." + std::to_string(kTrtPoseMaxKeypoints) +
               ", H and W 1.." + std::to_string(kTrtPoseMaxMapSide),
           cmap.to_string());
  }
  const Shape expected{1, static_cast<int64_t>(2 * links.size()), cmap[2], cmap[3]};
  if (paf != expected) refuse("paf", expected.to_string(), paf.to_string());
  return static_cast<int>(cmap[1]);
}

void decode_trt_pose(const TensorView& cmap, const TensorView& paf, const TrtPoseOptions& options,
                     TrtPoseArena& arena, Instances& people_net) {
  check_trt_pose_options(options);
  const int keypoints = check_trt_pose_shapes(cmap.shape, paf.shape, options);
  if (cmap.data == nullptr) refuse("cmap", "data", "none");
  if (paf.data == nullptr) refuse("paf", "data", "none");

  TrtPoseArena::Buffers& buffers = arena.buffers();
  const std::vector<TrtPoseLink>& links = trt_pose_links(options);
  const auto height = static_cast<int>(cmap.shape[2]);
  const auto width = static_cast<int>(cmap.shape[3]);
  const ptrdiff_t plane = static_cast<ptrdiff_t>(height) * width;
  reserve(buffers,
          {height, width, options.peak_threshold, options.window, static_cast<size_t>(options.max_peaks)},
          static_cast<size_t>(keypoints), links.size());

  TrtPoseParts& parts = buffers.parts;
  const float* map = cmap.data;
  for (std::vector<TrtPosePeak>& peaks : parts.peaks) {
    buffers.finder.find(map, peaks);
    map += plane;
  }
  for (size_t i = 0; i < links.size(); ++i) {
    const TrtPoseLink& link = links[i];
    buffers.matcher.match({paf.data + link.paf_y * plane, paf.data + link.paf_x * plane, height, width},
                          parts.peaks[static_cast<size_t>(link.from)],
                          parts.peaks[static_cast<size_t>(link.to)], options.link_threshold,
                          parts.connections[i]);
  }
  buffers.people.assemble(links, parts);

  people_net.clear(keypoints);
  const size_t most = std::min(static_cast<size_t>(options.max_people),
                               static_cast<size_t>(keypoints) * static_cast<size_t>(options.max_peaks));
  people_net.headers.reserve(most);
  people_net.keypoints.reserve(most * static_cast<size_t>(keypoints));
  buffers.people.finish(parts, options, people_net);
}

}  // namespace pose
