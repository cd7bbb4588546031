#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "pose/picture_masks.h"
#include "pose/picture_view.h"

namespace {

std::vector<uint8_t> picture(int width, int height) {
  std::vector<uint8_t> pixels(3 * static_cast<size_t>(width) * static_cast<size_t>(height));
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint8_t>(i * 2654435761U >> 24);
  return pixels;
}

/** Arguments: width and height of the camera's picture, turn, flip. */
void BM_UprightPicture(benchmark::State& state) {
  const auto width = static_cast<int>(state.range(0));
  const auto height = static_cast<int>(state.range(1));
  const std::vector<uint8_t> pixels = picture(width, height);
  pose::PictureView view;
  view.rotate = static_cast<int>(state.range(2));
  view.flip = static_cast<pose::Flip>(state.range(3));
  pose::UprightPicture upright;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        upright.look({pixels.data(), width, height, 3 * static_cast<ptrdiff_t>(width)}, view).data);
  }
}
BENCHMARK(BM_UprightPicture)
    ->ArgNames({"width", "height", "rotate", "flip"})
    ->Args({1280, 720, 0, 0})
    ->Args({1280, 720, 90, 0})
    ->Args({1280, 720, 180, 0})
    ->Args({1280, 720, 270, 0})
    ->Args({1280, 720, 0, 1})
    ->Args({1280, 720, 0, 2})
    ->Args({1920, 1080, 0, 0})
    ->Args({1920, 1080, 90, 0})
    ->Args({1920, 1080, 180, 0})
    ->Args({3840, 2160, 90, 0})
    ->Unit(benchmark::kMicrosecond);

/** Arguments: width, height, polygons. Each polygon has 16 corners and covers 2 % of the picture. */
void BM_PictureMasks(benchmark::State& state) {
  const auto width = static_cast<int>(state.range(0));
  const auto height = static_cast<int>(state.range(1));
  std::vector<uint8_t> pixels = picture(width, height);
  std::vector<pose::MaskPolygon> polygons;
  for (int64_t i = 0; i < state.range(2); ++i) {
    pose::MaskPolygon& polygon = polygons.emplace_back();
    for (int corner = 0; corner < 16; ++corner) {
      const double angle = corner * 0.392699;
      polygon.push_back({0.1 + 0.1 * static_cast<double>(i % 8) + 0.08 * std::cos(angle),
                         0.2 + 0.2 * static_cast<double>(i / 8) + 0.08 * std::sin(angle)});
    }
  }
  pose::PictureMasks masks(polygons);
  for (auto _ : state) {
    masks.blacken(pixels.data(), width, height, 3 * static_cast<ptrdiff_t>(width));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(BM_PictureMasks)
    ->ArgNames({"width", "height", "polygons"})
    ->Args({1280, 720, 8})
    ->Args({1920, 1080, 8})
    ->Args({1920, 1080, 32})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
