#pragma once

namespace pose {

struct ImagePoint {
  float x_img = 0.0F;
  float y_img = 0.0F;
};

/** A rotated square of an image, px: the region of interest that a network looks at. `rotation` is in
 * radians, clockwise on the screen; 0 is upright. It may reach beyond the image. */
struct Roi {
  float x_img = 0.0F;  ///< centre
  float y_img = 0.0F;
  float side_img = 0.0F;
  float rotation = 0.0F;
};

/** False where there is nothing to look at: a value that is NaN or infinite, less than one pixel, or so far
 * out that pixel arithmetic loses its meaning (a million pixels). */
bool is_usable(const Roi& roi);

/** The smallest upright square around a whole image, centred: a network that is shown it sees a letterbox. */
Roi letterbox_roi(int image_width, int image_height);

/** Square around a body given by two alignment points: the mid-hip `centre`, and a point on the circle around
 *  the whole body in the direction of the head. Twice their distance, 1.25 times enlarged, turned so that the
 *  head is up (MediaPipe's AlignmentPointsRects and RectTransformation calculators). */
Roi roi_from_alignment_points(const ImagePoint& centre, const ImagePoint& circle);

/** Maps positions of a crop (0..1 from corner to corner of the square) to the image. */
class RoiProjection {
 public:
  explicit RoiProjection(const Roi& roi);
  ImagePoint to_image(float x_crop, float y_crop) const;

 private:
  Roi roi_;
  float cos_;
  float sin_;
};

}  // namespace pose
