#include <cmath>

#include "blazepose_input.h"
#include "pose/box_crop.h"

using pose::fuzz::require;

/** Any box of any image, by raw bits, is enlarged and cropped without a byte read or written outside, and
 * mapped back to finite places. */
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pose::fuzz::Input input(data, size);
  const int width = input.take<uint8_t>() % 80;
  const int height = input.take<uint8_t>() % 80;
  const int gap = input.take<uint8_t>() % 9;
  const int net_width = 1 + input.take<uint8_t>() % 40;
  const int net_height = 1 + input.take<uint8_t>() % 40;
  const auto mode = input.take<uint8_t>();
  const auto value = [&] {
    return (mode & 1) != 0 ? static_cast<float>(input.take<int16_t>()) * 0.01F : input.take<float>();
  };
  const pose::CropBox person{value(), value(), value(), value()};
  const float scale = 1.0F + static_cast<float>(input.take<uint8_t>()) / 127.5F;
  const pose::CropBox box = pose::enlarge_to_aspect(person, scale, net_width, net_height);
  // On the heap and exact, so that the sanitizer sees a step beside it.
  const int stride = width * 3 + gap;
  const size_t bytes = height == 0 ? 0 : static_cast<size_t>(stride * (height - 1) + width * 3);
  const std::vector<uint8_t> image(bytes, 0x80);
  std::vector<uint8_t> pixels(static_cast<size_t>(net_width * net_height) * 3, 1);
  pose::crop_box(
      {image.data(), width, height, stride}, box,
      {pixels.data(), net_width, net_height, (mode & 2) != 0 ? pose::ColorOrder::bgr : pose::ColorOrder::rgb,
       (mode & 4) != 0 ? pose::CropGrid::udp : pose::CropGrid::cells});
  const bool black = bytes == 0 || width == 0 || !pose::is_usable(box);
  for (const uint8_t byte : pixels) require(byte <= (black ? 0 : 0x80));
  if (!pose::is_usable(box)) return 0;
  if (pose::is_usable(person)) {
    require(box.width_img >= person.width_img && box.height_img >= person.height_img);
    const float aspect = static_cast<float>(net_width) / static_cast<float>(net_height);
    require(std::abs(box.width_img / box.height_img / aspect - 1.0F) < 1e-4F);
  }
  const pose::ImagePoint corner =
      pose::BoxProjection(box, net_width, net_height)
          .to_image(static_cast<float>(net_width), static_cast<float>(net_height));
  const float tolerance = 0.25F + 1e-5F * (box.width_img + box.height_img);
  require(std::abs(corner.x_img - (box.x_img + box.width_img / 2.0F)) <= tolerance);
  require(std::abs(corner.y_img - (box.y_img + box.height_img / 2.0F)) <= tolerance);
  return 0;
}
