#include "pose/box_crop.h"

#include <algorithm>
#include <cmath>

#include "warp.h"

namespace pose {

bool is_usable(const CropBox& box) {
  constexpr float kFarthest = 1e6F;
  const bool in_reach = std::abs(box.x_img) <= kFarthest && std::abs(box.y_img) <= kFarthest;
  return in_reach && box.width_img >= 1.0F && box.width_img <= kFarthest && box.height_img >= 1.0F &&
         box.height_img <= kFarthest;
}

CropBox enlarge_to_aspect(const CropBox& box, float scale, int net_width, int net_height) {
  const float aspect = static_cast<float>(net_width) / static_cast<float>(net_height);
  const float width = box.width_img * scale;
  const float height = box.height_img * scale;
  return {box.x_img, box.y_img, std::max(width, height * aspect), std::max(height, width / aspect)};
}

void crop_box(const ImageView& image_bgr, const CropBox& box, const BoxTarget& target) {
  const WarpTarget warp_target{target.pixels, target.width, target.height, target.color, CropBorder::zero};
  if (image_bgr.data == nullptr || image_bgr.width <= 0 || image_bgr.height <= 0 || !is_usable(box)) {
    clear_target(warp_target);
    return;
  }
  // Steps of the grid over the box. A target of a single pixel shows the middle of the box.
  const auto steps = [&target](int pixels) {
    return target.grid == CropGrid::udp ? std::max(pixels - 1, 1) : pixels;
  };
  const int across = steps(target.width);
  const int down = steps(target.height);
  warp_image(image_bgr,
             {0.5 * across,
              0.5 * down,
              box.x_img,
              box.y_img,
              {static_cast<double>(box.width_img) / across, 0.0},
              {0.0, static_cast<double>(box.height_img) / down}},
             warp_target);
}

BoxProjection::BoxProjection(const CropBox& box, int net_width, int net_height)
    : scale_x_(box.width_img / static_cast<float>(net_width)),
      scale_y_(box.height_img / static_cast<float>(net_height)),
      x_origin_(box.x_img - 0.5F * box.width_img),
      y_origin_(box.y_img - 0.5F * box.height_img) {}

}  // namespace pose
