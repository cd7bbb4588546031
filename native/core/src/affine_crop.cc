#include "pose/affine_crop.h"

#include <cmath>

#include "warp.h"

namespace pose {

void crop_roi(const ImageView& image_bgr, const Roi& roi, const CropTarget& target) {
  const int size = target.size;
  const WarpTarget warp_target{target.rgb, size, size, ColorOrder::rgb, target.border};
  if (image_bgr.data == nullptr || image_bgr.width <= 0 || image_bgr.height <= 0 || !is_usable(roi)) {
    clear_target(warp_target);
    return;
  }
  const double pixel_img = static_cast<double>(roi.side_img) / size;
  const double dx_img = std::cos(static_cast<double>(roi.rotation)) * pixel_img;
  const double dy_img = std::sin(static_cast<double>(roi.rotation)) * pixel_img;
  const double middle = 0.5 * size;
  warp_image(image_bgr, {middle, middle, roi.x_img, roi.y_img, {dx_img, dy_img}, {-dy_img, dx_img}},
             warp_target);
}

}  // namespace pose
