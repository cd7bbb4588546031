#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "pose/letterbox.h"

namespace {

/** Arguments: image width and height, interpolation, colour order. */
void BM_ResizeLetterbox(benchmark::State& state) {
  const auto width = static_cast<int>(state.range(0));
  const auto height = static_cast<int>(state.range(1));
  const auto interpolation = static_cast<pose::Interpolation>(state.range(2));
  const auto color = static_cast<pose::ColorOrder>(state.range(3));
  std::vector<uint8_t> image(3 * static_cast<size_t>(width) * static_cast<size_t>(height));
  for (size_t i = 0; i < image.size(); ++i) image[i] = static_cast<uint8_t>(i * 2654435761U >> 24);
  const pose::Letterbox letterbox =
      pose::make_letterbox(width, height, pose::openpose_net_width(width, height), 256);
  std::vector<uint8_t> net_input(3 * static_cast<size_t>(letterbox.net_width) * 256);
  pose::LetterboxArena arena;
  for (auto _ : state) {
    resize_letterbox({image.data(), width, height, 3 * static_cast<ptrdiff_t>(width)}, letterbox, color,
                     interpolation, arena, net_input.data());
    benchmark::DoNotOptimize(net_input.data());
  }
}
BENCHMARK(BM_ResizeLetterbox)
    ->ArgNames({"width", "height", "cubic", "rgb"})
    ->Args({768, 432, 0, 0})
    ->Args({768, 432, 0, 1})
    ->Args({768, 432, 1, 0})
    ->Args({1280, 720, 0, 0})
    ->Args({1280, 720, 1, 0})
    ->Args({1920, 1080, 0, 0})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
