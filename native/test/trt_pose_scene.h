#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

#include "npy.h"
#include "openpose_scene.h"
#include "pose/trt_pose.h"

namespace pose::test {

/** Confidence maps and fields. */
struct TrtPoseScene {
  NpyTensor cmap;
  NpyTensor paf;
};

constexpr size_t kTrtPoseHumanKeypoints = 18;
/** Where trt_pose's keypoints are in kStandingBody. */
constexpr std::array<size_t, kTrtPoseHumanKeypoints> kStandingBodyOfTrtPose = {
    {0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10, 1}};

/** Paints what trt_pose's human network would give. */
class TrtPoseScenePainter {
 public:
  TrtPoseScenePainter(int height, int width, unsigned seed) : height_(height), width_(width), random_(seed) {
    const auto cells = static_cast<size_t>(height) * static_cast<size_t>(width);
    scene_.cmap = {std::vector<float>(18 * cells), {1, 18, height, width}};
    scene_.paf = {std::vector<float>(42 * cells), {1, 42, height, width}};
  }

  /** Adds a body: `x` of its middle, `top` and `size` in map cells. Returns its keypoints, from the map's
   * edges. */
  std::array<ScenePoint, kTrtPoseHumanKeypoints> add_person(float x, float top, float size) {
    std::array<ScenePoint, kTrtPoseHumanKeypoints> points{};
    std::uniform_real_distribution<float> jitter(-0.01F, 0.01F);
    for (size_t kind = 0; kind < points.size(); ++kind) {
      const ScenePoint& body = kStandingBody[kStandingBodyOfTrtPose[kind]];
      points[kind] = {x + (body.x + jitter(random_)) * size, top + (body.y + jitter(random_)) * size};
      paint_peak(kind, points[kind]);
    }
    for (const TrtPoseLink& link : trt_pose_human_links()) {
      paint_link(link, points[static_cast<size_t>(link.from)], points[static_cast<size_t>(link.to)]);
    }
    return points;
  }

  void add_noise(float amplitude) {
    std::normal_distribution<float> noise(0.0F, amplitude);
    for (float& value : scene_.cmap.values) value += noise(random_);
    for (float& value : scene_.paf.values) value += noise(random_);
  }

  TrtPoseScene take() { return std::move(scene_); }

 private:
  void paint_peak(size_t kind, ScenePoint point) {
    constexpr float kSigma = 1.4F;
    const float height = std::uniform_real_distribution<float>(0.5F, 0.95F)(random_);
    each_cell([&](float x, float y, size_t cell) {
      const float d2 = (x - point.x) * (x - point.x) + (y - point.y) * (y - point.y);
      float& value = scene_.cmap.values[kind * cells() + cell];
      value = std::max(value, height * std::exp(-d2 / (kSigma * kSigma)));
    });
  }

  void paint_link(const TrtPoseLink& link, ScenePoint from, ScenePoint to) {
    const float length = std::hypot(to.x - from.x, to.y - from.y);
    const ScenePoint unit{(to.x - from.x) / length, (to.y - from.y) / length};
    each_cell([&](float x, float y, size_t cell) {
      const float along = (x - from.x) * unit.x + (y - from.y) * unit.y;
      const float beyond = std::max({0.0F, -along, along - length});
      const float aside = (x - from.x) * unit.y - (y - from.y) * unit.x;
      const float weight = 0.9F * std::exp(-(beyond * beyond + aside * aside));
      if (weight < 0.01F) return;
      scene_.paf.values[static_cast<size_t>(link.paf_y) * cells() + cell] += weight * unit.y;
      scene_.paf.values[static_cast<size_t>(link.paf_x) * cells() + cell] += weight * unit.x;
    });
  }

  /** Visits the centres of all cells. */
  template <class Visit>
  void each_cell(const Visit& visit) const {
    for (size_t cell = 0; cell < cells(); ++cell) {
      const auto width = static_cast<size_t>(width_);
      visit(static_cast<float>(cell % width) + 0.5F, static_cast<float>(cell / width) + 0.5F, cell);
    }
  }
  size_t cells() const { return static_cast<size_t>(height_) * static_cast<size_t>(width_); }

  int height_;
  int width_;
  std::mt19937 random_;
  TrtPoseScene scene_;
};

/** `people` bodies in one or two rows on maps of 56 x 56 cells, with a network's noise. */
inline TrtPoseScene paint_trt_pose_crowd(int people, unsigned seed) {
  TrtPoseScenePainter painter(56, 56, seed);
  const int rows = people > 2 ? 2 : 1;
  const int columns = (people + rows - 1) / rows;
  for (int i = 0; i < people; ++i) {
    const float x = 56.0F * (static_cast<float>(i % columns) + 0.5F) / static_cast<float>(columns);
    const float top = i < columns ? 2.0F : 30.0F;
    painter.add_person(x, top, rows == 1 ? 50.0F : 24.0F);
  }
  painter.add_noise(0.008F);
  return painter.take();
}

}  // namespace pose::test
