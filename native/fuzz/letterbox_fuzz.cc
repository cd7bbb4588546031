#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "pose/letterbox.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kHeader = 10;
  if (size < kHeader) return 0;
  const auto side = [&](size_t at, int most) { return 1 + (data[at] * 256 + data[at + 1]) % most; };
  const int width = side(0, 300);
  const int height = side(2, 300);
  const int net_width = side(4, 200);
  const int net_height = side(6, 200);
  const uint8_t mode = data[8];
  const int gap = data[9] % 8;

  // Exactly as long as it must be, so that the sanitizer sees every byte too far.
  const ptrdiff_t stride = 3 * width + gap;
  std::vector<uint8_t> image(static_cast<size_t>(stride * (height - 1) + 3 * width));
  for (size_t i = 0; i < image.size(); ++i) image[i] = data[i % size];
  std::vector<uint8_t> net_input(3 * static_cast<size_t>(net_width) * static_cast<size_t>(net_height));

  static pose::LetterboxArena arena;
  constexpr pose::ResizeRule kRules[] = {pose::ResizeRule::letterbox_top_left,
                                         pose::ResizeRule::letterbox_centre, pose::ResizeRule::stretch};
  const pose::Letterbox letterbox =
      pose::make_letterbox(width, height, net_width, net_height, kRules[mode / 8 % 3]);
  resize_letterbox({image.data(), width, height, stride}, letterbox,
                   mode % 2 == 0 ? pose::ColorOrder::bgr : pose::ColorOrder::rgb,
                   mode / 4 % 2 == 0 ? pose::Interpolation::linear : pose::Interpolation::cubic, arena,
                   net_input.data());
  // A pixel of the padding is black.
  const bool padded = letterbox.pad_left + letterbox.resized_width < net_width;
  if (padded && net_input[3 * static_cast<size_t>(net_width) - 1] != 0) std::abort();
  return 0;
}
