#pragma once

#include <cmath>
#include <random>
#include <vector>

#include "pose/tensor.h"

namespace pose::test {

/** Heatmaps of people and where their keypoints were painted. */
struct HeatmapScene {
  struct Centre {
    float x_map;
    float y_map;
  };

  std::vector<float> values;
  Shape shape;
  std::vector<Centre> centres;

  TensorView view() const { return {values.data(), shape}; }
  float& at(int64_t person, int64_t keypoint, int64_t y_map, int64_t x_map) {
    return values[static_cast<size_t>(((person * shape[1] + keypoint) * shape[2] + y_map) * shape[3] +
                                      x_map)];
  }
};

struct HeatmapSceneOptions {
  int keypoints = 17;
  int height = 64;
  int width = 48;
  float sigma = 2.0F;  ///< cells
  float low = 0.35F;   ///< amplitudes
  float high = 1.0F;
  float noise = 0.006F;
  float border = 4.0F;  ///< cells that centres keep from the border; negative: they may lie outside
};

/** Gaussians at random places between the cells, in noise. */
inline HeatmapScene paint_heatmaps(int people, unsigned seed, const HeatmapSceneOptions& options = {}) {
  std::mt19937 random(seed);
  HeatmapScene scene;
  scene.shape = {people, options.keypoints, options.height, options.width};
  const auto uniform = [&](float low, float high) {
    return low + (high - low) * std::uniform_real_distribution<float>(0.0F, 1.0F)(random);
  };
  std::normal_distribution<float> noise(0.0F, options.noise);
  for (int map = 0; map < people * options.keypoints; ++map) {
    const float amplitude = uniform(options.low, options.high);
    const float x_centre = uniform(options.border, static_cast<float>(options.width) - 1.0F - options.border);
    const float y_centre =
        uniform(options.border, static_cast<float>(options.height) - 1.0F - options.border);
    scene.centres.push_back({x_centre, y_centre});
    for (int y = 0; y < options.height; ++y) {
      for (int x = 0; x < options.width; ++x) {
        const float dx = static_cast<float>(x) - x_centre;
        const float dy = static_cast<float>(y) - y_centre;
        const float bell = std::exp(-(dx * dx + dy * dy) / (2.0F * options.sigma * options.sigma));
        scene.values.push_back(amplitude * bell + (options.noise > 0.0F ? noise(random) : 0.0F));
      }
    }
  }
  return scene;
}

}  // namespace pose::test
