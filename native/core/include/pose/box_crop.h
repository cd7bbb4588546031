#pragma once

#include <cstdint>

#include "pose/engine.h"
#include "pose/image.h"
#include "pose/roi.h"

namespace pose {

/** An upright rectangle of an image, px: what a network is shown of one person. It may reach beyond the
 *  image. */
struct CropBox {
  float x_img = 0.0F;  ///< centre
  float y_img = 0.0F;
  float width_img = 0.0F;
  float height_img = 0.0F;
};

/** How the pixels of a crop lie in its box, as the network was trained. */
enum class CropGrid {
  cells,  ///< pixel u of `out` shows origin + u * side / out (mmpose's TopdownAffine, AlphaPose)
  udp     ///< pixel u shows origin + u * side / (out - 1): unbiased data processing (mmpose, use_udp)
};

/** Buffer of height x width x 3 bytes, in `color` order. */
struct BoxTarget {
  uint8_t* pixels = nullptr;
  int width = 0;
  int height = 0;
  ColorOrder color = ColorOrder::rgb;
  CropGrid grid = CropGrid::cells;
};

/** False where there is nothing to look at: a value that is NaN or infinite, a side below one pixel, or one
 *  so far out that pixel arithmetic loses its meaning (a million pixels). */
bool is_usable(const CropBox& box);

/** `box` enlarged by `scale` about its centre, and the side that is too short for a network input of
 *  net_width x net_height widened to its proportions (mmpose's GetBBoxCenterScale and TopdownAffine). */
CropBox enlarge_to_aspect(const CropBox& box, float scale, int net_width, int net_height);

/** Warps a box of a BGR image into a buffer, bilinear; what lies beyond the image is black.
 *
 * Pixel centres are at whole numbers on both sides. Positions are rounded to 1/32 px as OpenCV's warp does.
 * An image without pixels, and a box that is not usable, give zeros. */
void crop_box(const ImageView& image_bgr, const CropBox& box, const BoxTarget& target);

/** Maps positions of a crop, as decoders give them, to the image: 0..net_width is the box from edge to edge.
 *
 * The exact inverse of crop_box() for both grids: with `cells`, position u is pixel u. With `udp`, decoders
 * give x_map / (map width - 1) * net_width, so that the last pixel, net_width - 1, has position net_width. */
class BoxProjection {
 public:
  BoxProjection(const CropBox& box, int net_width, int net_height);
  ImagePoint to_image(float x_net, float y_net) const {
    return {x_net * scale_x_ + x_origin_, y_net * scale_y_ + y_origin_};
  }

 private:
  float scale_x_;  ///< image px a network-input px
  float scale_y_;
  float x_origin_;
  float y_origin_;
};

}  // namespace pose
