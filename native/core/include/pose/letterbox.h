#pragma once

#include <cstdint>
#include <memory>

#include "pose/engine.h"
#include "pose/image.h"
#include "pose/roi.h"
#include "pose/yuv_view.h"

namespace pose {

enum class Interpolation { linear, cubic };

/** How an image is fitted into a network's input. */
enum class ResizeRule {
  letterbox_top_left,  ///< proportions kept, at the top left
  letterbox_centre,    ///< proportions kept, in the middle
  stretch              ///< to the whole input, proportions lost
};

struct NetPoint {
  float x_net = 0.0F;
  float y_net = 0.0F;
};

/** Where an image lies in a network's input. */
struct Letterbox {
  int image_width = 0;
  int image_height = 0;
  int net_width = 0;
  int net_height = 0;
  int resized_width = 0;  ///< the image within the input, px
  int resized_height = 0;
  int pad_left = 0;  ///< px of the input before the image
  int pad_top = 0;
  uint8_t fill = 0;  ///< level of the input around the image
  /** Image px from one sampled input pixel to the next. Open Model Zoo samples by the scale it
   * wanted and maps back by the size it got, which differ by less than one input pixel over the whole image.
   */
  double step_x = 1.0;
  double step_y = 1.0;
  float scale_x = 1.0F;  ///< image px per input px: image / resized
  float scale_y = 1.0F;

  ImagePoint to_image(float x_net, float y_net) const {
    return {(x_net - static_cast<float>(pad_left)) * scale_x,
            (y_net - static_cast<float>(pad_top)) * scale_y};
  }
  NetPoint to_net(float x_img, float y_img) const {
    return {x_img / scale_x + static_cast<float>(pad_left), y_img / scale_y + static_cast<float>(pad_top)};
  }
};

/** Fits an image into a network's input. Throws std::invalid_argument unless all four sizes are 1..65536. */
Letterbox make_letterbox(int image_width, int image_height, int net_width, int net_height,
                         ResizeRule rule = ResizeRule::letterbox_top_left);

/** Width of an OpenPose network's input for images of this size: proportions of the image, rounded up to
 * whole map cells (8 px); at most 8192. Throws std::invalid_argument for sizes below 1. */
int openpose_net_width(int image_width, int image_height, int net_height = 256);

/** Working memory of resize_letterbox(), reused from frame to frame. One a thread. */
class LetterboxArena {
 public:
  struct Buffers;

  LetterboxArena();
  ~LetterboxArena();
  LetterboxArena(LetterboxArena&&) noexcept;
  LetterboxArena& operator=(LetterboxArena&&) noexcept;

  Buffers& buffers() { return *buffers_; }

 private:
  std::unique_ptr<Buffers> buffers_;
};

/** Fills `net_input` (net_height x net_width x 3 bytes, NHWC) in one pass: resizes, reorders channels, pads
 * with the letterbox's fill.
 *
 * Pixel centres are at half pixels, borders are repeated. Linear is within 1 level of OpenCV's INTER_LINEAR,
 * cubic equals its INTER_CUBIC (A = -0.75). Throws std::invalid_argument when `image_bgr` is not of the
 * letterbox's size or has no data. Allocates nothing while letterbox and interpolation stay the same. */
void resize_letterbox(const ImageView& image_bgr, const Letterbox& letterbox, ColorOrder color,
                      Interpolation interpolation, LetterboxArena& arena, uint8_t* net_input);

/** Working memory for pictures in YUV, reused from frame to frame. One a thread. */
class YuvLetterboxArena {
 public:
  struct Buffers;

  YuvLetterboxArena();
  ~YuvLetterboxArena();
  YuvLetterboxArena(YuvLetterboxArena&&) noexcept;
  YuvLetterboxArena& operator=(YuvLetterboxArena&&) noexcept;

  Buffers& buffers() { return *buffers_; }

 private:
  std::unique_ptr<Buffers> buffers_;
};

/** The same of a picture in YUV, by linear interpolation: within 2 levels of resizing what convert_to_bgr()
 * makes of it, and further only where a colour lies outside of what a screen shows. Colours are mixed at the
 * network's size, so that it costs less than either. */
void resize_letterbox(const YuvView& picture, const Letterbox& letterbox, ColorOrder color,
                      YuvLetterboxArena& arena, uint8_t* net_input);

/** Gives a network its picture: on the device where the engine does that, else by resize_letterbox(). */
void load_picture(InferRequest& request, const ImageView& image_bgr, const Letterbox& letterbox,
                  ColorOrder color, Interpolation interpolation, LetterboxArena& arena);
void load_picture(InferRequest& request, const YuvView& picture, const Letterbox& letterbox, ColorOrder color,
                  YuvLetterboxArena& arena);

}  // namespace pose
