#pragma once

#include <cstdint>

#include "pose/affine_crop.h"
#include "pose/engine.h"
#include "pose/image.h"

namespace pose {

/** An affine map from pixels of a target to positions in an image; pixel centres at whole numbers on both
 *  sides. */
struct Warp {
  struct Step {
    double x_img;
    double y_img;
  };
  double u;  ///< a position in the target and the one that it shows
  double v;
  double x_img;
  double y_img;
  Step right;  ///< image px from one pixel of the target to the next
  Step down;
};

/** Buffer of height x width x 3 bytes. */
struct WarpTarget {
  uint8_t* pixels = nullptr;
  int width = 0;
  int height = 0;
  ColorOrder color = ColorOrder::rgb;
  CropBorder border = CropBorder::zero;
};

/** Fills the target, bilinear, positions rounded to 1/32 px as OpenCV's warp does. The image has pixels, and
 * positions are within some million px. */
void warp_image(const ImageView& image_bgr, const Warp& warp, const WarpTarget& target);

/** Makes it black. */
void clear_target(const WarpTarget& target);

}  // namespace pose
