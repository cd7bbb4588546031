#include "associative_embedding_twin.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "assignment.h"

namespace pose::test {
namespace {

struct TwinMap {
  const float* cells;
  int height;
  int width;

  bool inside(int x, int y) const { return x >= 0 && y >= 0 && x < width && y < height; }
  float at(int x, int y) const { return cells[y * width + x]; }
};

struct TwinTagPeak {
  float x;
  float y;
  float score;
  float tag;
};

struct TwinPose {
  std::map<int, TwinTagPeak> peaks;
  float tag = 0;
  float x = 0;
  float y = 0;
  float sum = 0;

  void add(int keypoint, const TwinTagPeak& peak) {
    const auto n = static_cast<float>(peaks.size());
    tag = (tag * n + peak.tag) / (n + 1);
    x = (x * n + peak.x) / (n + 1);
    y = (y * n + peak.y) / (n + 1);
    sum += peak.score;
    peaks[keypoint] = peak;
  }
};

/** Greatest value of the 5 x 5 around a cell. */
float pooled(const TwinMap& map, int x, int y) {
  float greatest = -std::numeric_limits<float>::infinity();
  for (int dy = -2; dy <= 2; ++dy) {
    for (int dx = -2; dx <= 2; ++dx) {
      if (map.inside(x + dx, y + dy)) greatest = std::fmax(greatest, map.at(x + dx, y + dy));
    }
  }
  return greatest;
}

std::vector<TwinTagPeak> find_peaks(const TwinMap& scores, const TwinMap& tags,
                                    const AssociativeEmbeddingOptions& options) {
  std::vector<TwinTagPeak> peaks;
  for (int y = 0; y < scores.height; ++y) {
    for (int x = 0; x < scores.width; ++x) {
      const float score = scores.at(x, y);
      const bool stands = options.peaks == AssociativePeaks::suppressed || score == pooled(scores, x, y);
      if (stands && score > options.peak_threshold && std::isfinite(score) && std::isfinite(tags.at(x, y))) {
        peaks.push_back({static_cast<float>(x), static_cast<float>(y), score, tags.at(x, y)});
      }
    }
  }
  std::sort(peaks.begin(), peaks.end(), [](const TwinTagPeak& a, const TwinTagPeak& b) {
    if (a.score != b.score) return a.score > b.score;
    return a.y != b.y ? a.y < b.y : a.x < b.x;
  });
  if (peaks.size() > static_cast<size_t>(options.max_people)) {
    peaks.resize(static_cast<size_t>(options.max_people));
  }
  return peaks;
}

void add_peaks(int keypoint, const std::vector<TwinTagPeak>& peaks, size_t most_poses,
               const AssociativeEmbeddingOptions& options, std::vector<TwinPose>& poses) {
  if (peaks.empty() || poses.size() == static_cast<size_t>(options.max_people)) return;
  const std::vector<TwinPose> before = poses;
  std::vector<float> costs;
  for (const TwinTagPeak& peak : peaks) {
    for (const TwinPose& pose : before) {
      const auto distance = [&](const TwinTagPeak& other) {
        return std::sqrt((other.x - pose.x) * (other.x - pose.x) + (other.y - pose.y) * (other.y - pose.y));
      };
      float nearest = distance(peaks[0]);
      for (const TwinTagPeak& other : peaks) nearest = std::fmin(nearest, distance(other));
      float difference = std::fabs(peak.tag - pose.tag);
      if (difference < options.tag_threshold) difference *= distance(peak) / (nearest + 1e-10F);
      costs.push_back(std::round(difference) * 100 - peak.score);
    }
  }
  Assignment assignment;
  const int* column = before.empty() ? nullptr
                                     : assignment.solve(costs.data(), static_cast<int>(peaks.size()),
                                                        static_cast<int>(before.size()));
  for (size_t row = 0; row < peaks.size(); ++row) {
    const int pose = column == nullptr ? -1 : column[row];
    if (pose >= 0 &&
        std::fabs(peaks[row].tag - before[static_cast<size_t>(pose)].tag) < options.tag_threshold) {
      poses[static_cast<size_t>(pose)].add(keypoint, peaks[row]);
    } else if (poses.size() < most_poses) {
      poses.emplace_back();
      poses.back().add(keypoint, peaks[row]);
    }
  }
}

/** A quarter of a cell towards the greater neighbour. */
void adjust(const TwinMap& heat, int x, int y, Keypoint& keypoint) {
  if (!(1 < x && x < heat.width - 1 && 1 < y && y < heat.height - 1)) return;
  const auto rise = [&](int dx, int dy) {
    return std::fabs(heat.at(x + dx, y + dy)) - std::fabs(heat.at(x - dx, y - dy));
  };
  keypoint.x += rise(1, 0) > 0 ? 0.25F : -0.25F;
  keypoint.y += rise(0, 1) > 0 ? 0.25F : -0.25F;
}

/** The keypoint where the tag fits best; absent where the map says nothing there. */
Keypoint look_for(const TwinMap& heat, const TwinMap& tags, float tag) {
  float least = std::numeric_limits<float>::infinity();
  int best_x = -1;
  int best_y = -1;
  for (int y = 0; y < heat.height; ++y) {
    for (int x = 0; x < heat.width; ++x) {
      const float value = std::fabs(heat.at(x, y));
      const float distance = std::fabs(tags.at(x, y) - tag);
      const float cost = std::nearbyint(std::fmin(distance, 8388608.0F)) - value;
      if (!std::isfinite(value) || !std::isfinite(distance) || !(cost < least)) continue;
      least = cost;
      best_x = x;
      best_y = y;
    }
  }
  Keypoint keypoint;
  if (best_x < 0 || heat.at(best_x, best_y) == 0) return keypoint;
  keypoint = {static_cast<float>(best_x), static_cast<float>(best_y), std::fabs(heat.at(best_x, best_y))};
  adjust(heat, best_x, best_y, keypoint);
  return keypoint;
}

std::vector<TwinPose> group(const TensorView& peak_maps, const TensorView& tags,
                            const AssociativeEmbeddingOptions& options) {
  const auto keypoints = static_cast<int>(peak_maps.shape[1]);
  const auto height = static_cast<int>(peak_maps.shape[2]);
  const auto width = static_cast<int>(peak_maps.shape[3]);
  std::vector<int> order;
  for (int i = 0; i < keypoints; ++i) order.push_back(i);
  if (keypoints == 17) order = {0, 1, 2, 3, 4, 5, 6, 11, 12, 7, 8, 9, 10, 13, 14, 15, 16};
  const auto most_poses = static_cast<size_t>(std::min(keypoints, 17) * options.max_people);
  std::vector<TwinPose> poses;
  for (const int keypoint : order) {
    const int offset = keypoint * height * width;
    add_peaks(
        keypoint,
        find_peaks({peak_maps.data + offset, height, width}, {tags.data + offset, height, width}, options),
        most_poses, options, poses);
  }
  return poses;
}

/** Drops the weak, then the weakest of those too many, the later of equals. */
std::vector<TwinPose> keep_best(std::vector<TwinPose> poses, float keypoints,
                                const AssociativeEmbeddingOptions& options) {
  std::vector<TwinPose> kept;
  for (const TwinPose& pose : poses) {
    if (pose.sum / keypoints > options.score_threshold) kept.push_back(pose);
  }
  const auto capped_score = [&](const TwinPose& pose) {
    return std::fmin(pose.sum / keypoints, std::numeric_limits<float>::max());
  };
  while (kept.size() > static_cast<size_t>(options.max_people)) {
    size_t worst = 0;
    for (size_t i = 1; i < kept.size(); ++i) {
      if (capped_score(kept[i]) <= capped_score(kept[worst])) worst = i;
    }
    kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(worst));
  }
  return kept;
}

}  // namespace

Instances decode_associative_embedding_plainly(const TensorView& heatmaps, const TensorView& tags,
                                               const TensorView& nms_heatmaps,
                                               const AssociativeEmbeddingOptions& options) {
  const auto keypoints = static_cast<int>(heatmaps.shape[1]);
  const auto height = static_cast<int>(heatmaps.shape[2]);
  const auto width = static_cast<int>(heatmaps.shape[3]);
  const bool own_maps = nms_heatmaps.data != nullptr && options.peaks == AssociativePeaks::suppressed;
  const auto stride = static_cast<float>(options.stride);
  Instances out;
  out.clear(keypoints);
  for (const TwinPose& pose : keep_best(group(own_maps ? nms_heatmaps : heatmaps, tags, options),
                                        static_cast<float>(keypoints), options)) {
    const float raw_score = pose.sum / static_cast<float>(keypoints);
    Keypoint* placed = out.append({0, std::fmin(raw_score, std::numeric_limits<float>::max()), -1});
    float sum = 0;
    int present = 0;
    for (int i = 0; i < keypoints; ++i) {
      const TwinMap heat{heatmaps.data + i * height * width, height, width};
      const TwinMap tag_map{tags.data + i * height * width, height, width};
      Keypoint keypoint;
      const auto found = pose.peaks.find(i);
      if (found != pose.peaks.end()) {
        keypoint = {found->second.x, found->second.y, found->second.score};
        adjust(heat, static_cast<int>(found->second.x), static_cast<int>(found->second.y), keypoint);
        keypoint.x += options.delta;
        keypoint.y += options.delta;
      } else {
        keypoint = look_for(heat, tag_map, pose.tag);
      }
      if (!keypoint.present()) continue;
      placed[i] = {keypoint.x * stride, keypoint.y * stride, std::clamp(keypoint.score, 0.0F, 1.0F)};
      sum += placed[i].score;
      ++present;
    }
    out.headers.back().score = std::min(sum / static_cast<float>(present), 1.0F);
  }
  return out;
}

}  // namespace pose::test
