#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "pose/associative_embedding.h"

namespace pose::test {

/** Heatmaps and tags as a network would give them. */
struct TagScene {
  Shape shape;
  std::vector<float> heatmaps;
  std::vector<float> tags;
  std::vector<float> signed_heatmaps;  ///< suppressed cells are negative
  std::vector<float> nms_heatmaps;     ///< suppressed cells are 0

  TensorView heatmaps_view() const { return {heatmaps.data(), shape}; }
  TensorView tags_view() const { return {tags.data(), shape}; }
  TensorView signed_view() const { return {signed_heatmaps.data(), shape}; }
  TensorView nms_view() const { return {nms_heatmaps.data(), shape}; }
};

struct TagScenePoint {
  float x;
  float y;
};

/** A standing body, one unit high: x, y of COCO's 17 keypoints. */
constexpr std::array<TagScenePoint, 17> kCocoBody = {{
    {0.00F, 0.08F},
    {0.03F, 0.06F},
    {-0.03F, 0.06F},
    {0.06F, 0.08F},
    {-0.06F, 0.08F},
    {0.11F, 0.20F},
    {-0.11F, 0.20F},
    {0.14F, 0.36F},
    {-0.14F, 0.36F},
    {0.15F, 0.50F},
    {-0.15F, 0.50F},
    {0.06F, 0.52F},
    {-0.06F, 0.52F},
    {0.07F, 0.75F},
    {-0.07F, 0.75F},
    {0.08F, 0.97F},
    {-0.08F, 0.97F},
}};

/** Paints people on noise like that of the golden data: heat up to 1/64, tags around 0. */
class TagScenePainter {
 public:
  TagScenePainter(int height, int width, unsigned seed) : random_(seed), height_(height), width_(width) {
    scene_.shape = {1, 17, height, width};
    const auto size = static_cast<size_t>(scene_.shape.elements());
    scene_.heatmaps.resize(size);
    scene_.tags.resize(size);
    for (float& value : scene_.heatmaps) value = uniform(0.0F, 1.0F / 64);
    for (float& value : scene_.tags) value = uniform(-0.125F, 0.125F);
  }

  float uniform(float low, float high) { return std::uniform_real_distribution<float>(low, high)(random_); }

  TagScenePoint place_of(int keypoint, TagScenePoint top, float size) const {
    const TagScenePoint& point = kCocoBody[static_cast<size_t>(keypoint)];
    return {top.x + point.x * size, top.y + point.y * size};
  }

  /** Adds a body: middle of its top and size in map cells. A peak is `strength` high. */
  void add_keypoint(int keypoint, TagScenePoint top, float size, float tag, float strength) {
    constexpr float kSigma = 1.5F;
    constexpr float kReach = 3 * kSigma;
    const TagScenePoint point = place_of(keypoint, top, size);
    for (int y = 0; y < height_; ++y) {
      for (int x = 0; x < width_; ++x) {
        const float dx = static_cast<float>(x) - point.x;
        const float dy = static_cast<float>(y) - point.y;
        if (dx * dx + dy * dy > kReach * kReach) continue;
        const auto cell = static_cast<size_t>((keypoint * height_ + y) * width_ + x);
        // No two cells are equal: of a peak midway between them both would stand.
        const float value =
            strength * std::exp(-(dx * dx + dy * dy) / (2 * kSigma * kSigma)) + uniform(0.0F, 0.001F);
        if (value < scene_.heatmaps[cell]) continue;
        scene_.heatmaps[cell] = value;
        scene_.tags[cell] = tag + uniform(-0.05F, 0.05F);
      }
    }
  }

  /** Suppresses what is no maximum, and gives the scene away. */
  TagScene take() {
    scene_.signed_heatmaps = scene_.heatmaps;
    scene_.nms_heatmaps = scene_.heatmaps;
    for (int row = 0; row < 17 * height_; ++row) {
      for (int x = 0; x < width_; ++x) suppress(row, x);
    }
    return std::move(scene_);
  }

 private:
  void suppress(int row, int x) {
    const int first_row = row / height_ * height_;
    const float value = scene_.heatmaps[static_cast<size_t>(row * width_ + x)];
    for (int y = std::max(row - 2, first_row); y <= std::min(row + 2, first_row + height_ - 1); ++y) {
      for (int column = std::max(x - 2, 0); column <= std::min(x + 2, width_ - 1); ++column) {
        if (scene_.heatmaps[static_cast<size_t>(y * width_ + column)] <= value) continue;
        scene_.signed_heatmaps[static_cast<size_t>(row * width_ + x)] = -value;
        scene_.nms_heatmaps[static_cast<size_t>(row * width_ + x)] = 0.0F;
        return;
      }
    }
  }

  std::mt19937 random_;
  int height_;
  int width_;
  TagScene scene_;
};

/** `people` bodies in one to three rows on maps of 144 x 144 cells, their tags half a threshold or more
 * apart, a fifth of their keypoints hidden: half of those leave a weak trace, half none. */
inline TagScene paint_tagged_crowd(int people, unsigned seed) {
  constexpr float kSide = 144.0F;
  TagScenePainter painter(144, 144, seed);
  const int rows = people > 10 ? 3 : 1;
  const int columns = (people + rows - 1) / rows;
  const float size = rows == 1 ? 110.0F : 42.0F;
  for (int i = 0; i < people; ++i) {
    const float x = kSide * (static_cast<float>(i % columns) + 0.5F) / static_cast<float>(columns);
    const float top = kSide * static_cast<float>(i / columns) / static_cast<float>(rows) + 4.0F;
    // Neighbours' tags are far apart.
    const float tag = 1.5F * static_cast<float>((i * 7) % people) - 0.75F * static_cast<float>(people - 1);
    for (int keypoint = 0; keypoint < 17; ++keypoint) {
      const float luck = painter.uniform(0.0F, 1.0F);
      if (luck < 0.1F) continue;
      const float strength = luck < 0.2F ? 0.06F : painter.uniform(0.35F, 1.0F);
      painter.add_keypoint(keypoint, {x, top}, size, tag, strength);
    }
  }
  return painter.take();
}

}  // namespace pose::test
