#pragma once

#include <cstdint>

#include "pose/image.h"
#include "pose/roi.h"

namespace pose {

/** What stands where a crop reaches beyond the image. */
enum class CropBorder { replicate, zero };

/** Buffer of size x size x 3 bytes, RGB. */
struct CropTarget {
  uint8_t* rgb = nullptr;
  int size = 0;
  CropBorder border = CropBorder::replicate;
};

/** Warps a rotated square of a BGR image into an RGB buffer, bilinear.
 *
 * Pixel (u, v) of the target shows the image at `RoiProjection(roi).to_image(u / size, v / size)`, with pixel
 * centres at whole numbers on both sides: corners map to 0..size, without a shift of half a pixel, because
 * the networks' reference (MediaPipe's CPU path) crops so. Positions are rounded to 1/32 px as OpenCV's warp
 * does. An image without pixels, and a square that is not usable (is_usable), give zeros. */
void crop_roi(const ImageView& image_bgr, const Roi& roi, const CropTarget& target);

}  // namespace pose
