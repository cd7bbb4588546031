#pragma once

#include <cstdint>
#include <vector>

#include "pose/image.h"
#include "pose/instances.h"
#include "pose/yuv_view.h"

namespace pose {

/** How the picture is mirrored once it is turned, as somebody sees it who looks at it then. */
enum class Flip {
  none,
  horizontal,  ///< left and right change places
  vertical     ///< top and bottom change places
};

/** Which part of a camera's picture is looked at, and how that is made to stand upright: cut out, then
 * turned, then mirrored. As it stands here, the whole picture as it is. */
struct PictureView {
  int left = 0;  ///< of the part, px of the camera's picture
  int top = 0;
  int width = 0;  ///< 0: all of the picture
  int height = 0;
  int rotate = 0;  ///< degrees clockwise: 0, 90, 180 or 270
  Flip flip = Flip::none;
};

/** A picture of what a view shows, in memory that is reused from frame to frame. One a thread. */
class UprightPicture {
 public:
  /** The part that is looked at, upright. It lies in `image` itself where nothing is turned or mirrored; else
   * it is a copy that is valid until the next call.
   *
   * Throws std::invalid_argument where the view is not within the picture or `rotate` is none of the four. */
  ImageView look(const ImageView& image, const PictureView& view);
  /** Each pixel has the chroma that it had. */
  YuvView look(const YuvView& picture, const PictureView& view);
  /** The same as BGR: a copy that is valid until the next call. */
  ImageView look_in_bgr(const YuvView& picture, const PictureView& view);

 private:
  std::vector<uint8_t> pixels_;
  std::vector<uint8_t> converted_;
};

/** Takes people from pixels of the upright picture to those of the camera's own, of that width and height.
 * Coordinates count from the picture's edge: the first pixel reaches from 0 to 1. */
void to_camera(const PictureView& view, int camera_width, int camera_height, Instances& people);

}  // namespace pose
