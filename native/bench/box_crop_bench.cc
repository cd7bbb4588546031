#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>
#include <vector>

#include "pose/box_crop.h"
#include "pose/letterbox.h"

namespace pose {
namespace {

std::vector<uint8_t> noise_image(int width, int height) {
  std::mt19937 random(1);
  std::vector<uint8_t> bytes(static_cast<size_t>(width) * static_cast<size_t>(height) * 3);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return bytes;
}

/** One person of 1280 x 720 for a network of 192 x 256. Arguments: height of the box; whether a part of it
 * lies beyond the image. */
void BM_BoxCropPerson(benchmark::State& state) {
  const std::vector<uint8_t> bytes = noise_image(1280, 720);
  std::vector<uint8_t> pixels(192 * 256 * 3);
  const auto height = static_cast<float>(state.range(0));
  const CropBox box{640.3F, state.range(1) == 0 ? 360.1F : 690.1F, height * 0.75F, height};
  for (auto _ : state) {
    crop_box({bytes.data(), 1280, 720, 1280 * 3}, box,
             {pixels.data(), 192, 256, ColorOrder::rgb, CropGrid::cells});
    benchmark::DoNotOptimize(pixels.data());
  }
}
BENCHMARK(BM_BoxCropPerson)
    ->Args({160, 0})
    ->Args({400, 0})
    ->Args({700, 0})
    ->Args({400, 1})
    ->Unit(benchmark::kMicrosecond);

/** A detector's input: the whole image stretched. */
void BM_BoxStretch(benchmark::State& state) {
  const std::vector<uint8_t> bytes = noise_image(1280, 720);
  std::vector<uint8_t> pixels(544 * 320 * 3);
  const Letterbox stretch = make_letterbox(1280, 720, 544, 320, ResizeRule::stretch);
  LetterboxArena arena;
  for (auto _ : state) {
    resize_letterbox({bytes.data(), 1280, 720, 1280 * 3}, stretch, ColorOrder::bgr, Interpolation::linear,
                     arena, pixels.data());
    benchmark::DoNotOptimize(pixels.data());
  }
}
BENCHMARK(BM_BoxStretch)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace pose
