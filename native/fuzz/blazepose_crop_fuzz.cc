#include "blazepose_input.h"
#include "pose/affine_crop.h"

/** Any square of any image, by raw bits, is cropped without a byte read or written outside. */
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pose::fuzz::Input input(data, size);
  const int width = input.take<uint8_t>() % 80;
  const int height = input.take<uint8_t>() % 80;
  const int gap = input.take<uint8_t>() % 9;
  const int target_size = 1 + input.take<uint8_t>() % 40;
  const auto border = (input.take<uint8_t>() & 1) != 0 ? pose::CropBorder::zero : pose::CropBorder::replicate;
  const bool near = (input.take<uint8_t>() & 3) != 0;
  const auto value = [&](float unit) {
    return near ? static_cast<float>(input.take<int16_t>()) * unit : input.take<float>();
  };
  const pose::Roi roi{value(0.01F), value(0.01F), value(0.01F), value(0.001F)};
  const int stride = width * 3 + gap;
  // On the heap and exact, so that the sanitizer sees a step beside it.
  const size_t bytes = height == 0 ? 0 : static_cast<size_t>(stride * (height - 1) + width * 3);
  const std::vector<uint8_t> image(bytes, 0x80);
  std::vector<uint8_t> rgb(static_cast<size_t>(target_size * target_size) * 3);
  pose::crop_roi({image.data(), width, height, stride}, roi, {rgb.data(), target_size, border});
  const bool black = bytes == 0 || width == 0 || !pose::is_usable(roi);
  for (const uint8_t byte : rgb) {
    // A flat image stays flat; only a black border may darken it.
    const bool flat = byte == (black ? 0 : 0x80);
    pose::fuzz::require(flat || (border == pose::CropBorder::zero && byte < 0x80));
  }
  return 0;
}
