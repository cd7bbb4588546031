#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "pose/openpose.h"

namespace pose::test {

/** Heatmaps and fields as a network would give them for people who stand in a row. */
struct OpenPoseScene {
  int height;
  int width;
  std::vector<float> heatmaps;
  std::vector<float> pafs;

  TensorView heatmaps_view() const { return {heatmaps.data(), {1, 19, height, width}}; }
  TensorView pafs_view() const { return {pafs.data(), {1, 38, height, width}}; }
};

struct ScenePoint {
  float x;
  float y;
};

/** A standing body, one unit high, feet at y = 1: x, y of the 18 keypoints. */
constexpr std::array<ScenePoint, kOpenPoseKeypoints> kStandingBody = {{
    {0.00F, 0.10F},
    {0.00F, 0.20F},
    {-0.10F, 0.20F},
    {-0.14F, 0.36F},
    {-0.15F, 0.50F},
    {0.10F, 0.20F},
    {0.14F, 0.36F},
    {0.15F, 0.50F},
    {-0.06F, 0.52F},
    {-0.07F, 0.75F},
    {-0.08F, 0.97F},
    {0.06F, 0.52F},
    {0.07F, 0.75F},
    {0.08F, 0.97F},
    {-0.03F, 0.07F},
    {0.03F, 0.07F},
    {-0.06F, 0.09F},
    {0.06F, 0.09F},
}};

/** Keypoints and x channel of the field of the 19 limbs. */
constexpr std::array<std::array<int, 3>, 19> kSceneLimbs = {{
    {1, 2, 12},   {1, 5, 20},  {2, 3, 14},   {3, 4, 16},  {5, 6, 22},   {6, 7, 24}, {1, 8, 0},
    {8, 9, 2},    {9, 10, 4},  {1, 11, 6},   {11, 12, 8}, {12, 13, 10}, {1, 0, 28}, {0, 14, 30},
    {14, 16, 34}, {0, 15, 32}, {15, 17, 36}, {2, 16, 18}, {5, 17, 26},
}};

class OpenPoseScenePainter {
 public:
  OpenPoseScenePainter(int height, int width, unsigned seed) : random_(seed) {
    scene_.height = height;
    scene_.width = width;
    const auto cells = static_cast<size_t>(height) * static_cast<size_t>(width);
    scene_.heatmaps.assign(19 * cells, 0.0F);
    scene_.pafs.assign(38 * cells, 0.0F);
  }

  /** Adds a body: `x` of its middle, `top` and `size` in map cells. */
  void add_person(float x, float top, float size) {
    std::array<ScenePoint, kOpenPoseKeypoints> points{};
    std::uniform_real_distribution<float> jitter(-0.02F, 0.02F);
    for (size_t i = 0; i < points.size(); ++i) {
      points[i] = {x + (kStandingBody[i].x + jitter(random_)) * size,
                   top + (kStandingBody[i].y + jitter(random_)) * size};
      paint_peak(static_cast<int>(i), points[i]);
    }
    for (const auto& limb : kSceneLimbs) {
      paint_limb(limb[2], points[static_cast<size_t>(limb[0])], points[static_cast<size_t>(limb[1])]);
    }
  }

  void add_noise(float amplitude) {
    std::normal_distribution<float> noise(0.0F, amplitude);
    for (float& value : scene_.heatmaps) value += noise(random_);
    for (float& value : scene_.pafs) value += noise(random_);
  }

  OpenPoseScene take() { return std::move(scene_); }

 private:
  void paint_peak(int keypoint, ScenePoint point) {
    constexpr float kSigma = 1.0F;
    const float height = std::uniform_real_distribution<float>(0.5F, 0.95F)(random_);
    each_cell([&](int x, int y, size_t cell) {
      const float d2 =
          std::pow(static_cast<float>(x) - point.x, 2.0F) + std::pow(static_cast<float>(y) - point.y, 2.0F);
      float& value = scene_.heatmaps[static_cast<size_t>(keypoint) * cells() + cell];
      value = std::max(value, height * std::exp(-d2 / (2 * kSigma * kSigma)));
    });
  }

  void paint_limb(int channel, ScenePoint from, ScenePoint to) {
    const float length = std::hypot(to.x - from.x, to.y - from.y);
    if (length == 0) return;
    const ScenePoint unit{(to.x - from.x) / length, (to.y - from.y) / length};
    each_cell([&](int x, int y, size_t cell) {
      const float dx = static_cast<float>(x) - from.x;
      const float dy = static_cast<float>(y) - from.y;
      const float along = dx * unit.x + dy * unit.y;
      const float beyond = std::max({0.0F, -along, along - length});
      const float aside = std::abs(dx * unit.y - dy * unit.x);
      const float weight = 0.8F * std::exp(-(beyond * beyond + aside * aside));
      if (weight < 0.01F) return;
      scene_.pafs[static_cast<size_t>(channel) * cells() + cell] += weight * unit.x;
      scene_.pafs[static_cast<size_t>(channel + 1) * cells() + cell] += weight * unit.y;
    });
  }

  template <class Visit>
  void each_cell(const Visit& visit) const {
    for (int y = 0; y < scene_.height; ++y) {
      for (int x = 0; x < scene_.width; ++x) visit(x, y, static_cast<size_t>(y * scene_.width + x));
    }
  }
  size_t cells() const { return static_cast<size_t>(scene_.height) * static_cast<size_t>(scene_.width); }

  std::mt19937 random_;
  OpenPoseScene scene_;
};

/** `people` bodies in one or two rows on maps of 32 x 57 cells, with a network's noise. */
inline OpenPoseScene paint_crowd(int people, unsigned seed) {
  OpenPoseScenePainter painter(32, 57, seed);
  const int rows = people > 10 ? 2 : 1;
  const int columns = (people + rows - 1) / rows;
  for (int i = 0; i < people; ++i) {
    const float x = 57.0F * (static_cast<float>(i % columns) + 0.5F) / static_cast<float>(columns);
    const float top = rows == 1 ? 3.0F : (i < columns ? 1.0F : 17.0F);
    painter.add_person(x, top, people < 10 ? 26.0F : 14.0F);
  }
  painter.add_noise(0.005F);
  return painter.take();
}

}  // namespace pose::test
