#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pose/yuv_view.h"

namespace pose {

/** A corner, as parts of the picture's width and height: 0 is the left or top edge, 1 the right or bottom. */
struct MaskPoint {
  double x = 0.0;
  double y = 0.0;
};

/** Closed: the last corner is joined to the first. */
using MaskPolygon = std::vector<MaskPoint>;

/** Parts of a picture that are blacked out: every pixel that a polygon covers or touches. What the outline
 * goes round is covered, also where it crosses itself (non-zero winding).
 *
 * What is to be blackened is worked out once for a size of pictures. */
class PictureMasks {
 public:
  /** Throws std::invalid_argument unless every polygon has at least 3 corners, all within 0 to 1. */
  explicit PictureMasks(std::vector<MaskPolygon> polygons);

  /** Blackens them in a BGR picture of 8 bits a channel, rows `stride` bytes apart. Allocates nothing while
   * the size stays the same. */
  void blacken(uint8_t* pixels, int width, int height, ptrdiff_t stride);
  /** The same in a picture of i420_bytes(). Chroma that a covered pixel shares with others is grey for them,
   * too. */
  void blacken_i420(uint8_t* pixels, int width, int height, YuvColors colors);

 private:
  struct Span {
    int y;
    int first_x;
    int count;
  };

  void prepare(int width, int height);

  std::vector<MaskPolygon> polygons_;
  int width_ = 0;  ///< of the pictures that spans_ are for
  int height_ = 0;
  std::vector<Span> spans_;
};

}  // namespace pose
