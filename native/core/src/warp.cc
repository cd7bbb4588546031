#include "warp.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "blend_bgr.h"
#include "warp_loops.h"

namespace pose {
namespace {

constexpr int kFractionBits = 32;  // of a position that is stepped along a row

/** The line of image positions that one row of the target shows. */
struct RowLine {
  double x_img;  // of the first pixel
  double y_img;
  double dx_img;  // from one pixel to the next
  double dy_img;
};

struct Span {
  int begin;
  int end;
};

/** Fixed point with kFractionBits: room for any usable square. */
int64_t to_fixed(double position) { return std::llround(std::ldexp(position, kFractionBits)); }

/** Rounded to 32nds of a pixel. */
int64_t to_steps(int64_t fixed) {
  constexpr int kDropped = kFractionBits - kPositionBits;
  return (fixed + (int64_t{1} << (kDropped - 1))) >> kDropped;
}

/** Narrows `span` to the pixels whose coordinate start + u * step lies within [low, high]. */
Span clip(Span span, double start, double step, double low, double high) {
  if (std::abs(step) < 1e-9) {
    const double last = start + step * span.end;
    const bool inside = std::min(start, last) >= low && std::max(start, last) <= high;
    return inside ? span : Span{0, 0};
  }
  double first = (low - start) / step;
  double last = (high - start) / step;
  if (step < 0) std::swap(first, last);
  if (!(first < span.end && last >= span.begin)) return {0, 0};
  const int begin = first > span.begin ? static_cast<int>(std::ceil(first)) : span.begin;
  const int end = last < span.end - 1 ? static_cast<int>(std::floor(last)) + 1 : span.end;
  return begin < end ? Span{begin, end} : Span{0, 0};
}

/** Pixels of a row whose neighbours all lie within the image, with two bytes to spare for a load of 8.
 *  The margin of 1/20 px covers all rounding that follows. */
Span interior_span(const ImageView& image, const RowLine& line, int width) {
  if (image.width < 4 || image.height < 3) return {0, 0};
  const Span across = clip({0, width}, line.x_img, line.dx_img, 0.0, image.width - 2.05);
  return clip(across, line.y_img, line.dy_img, 0.0, image.height - 1.05);
}

/** Calls `sample(x_steps, y_steps)` for every pixel of a span and writes what it returns, BGR in 3 of 4
 * bytes, in the target's order of channels. */
template <ColorOrder color, class Sample>
void for_each_pixel(const RowLine& line, Span span, uint8_t* pixels, const Sample& sample) {
  const int64_t dx = to_fixed(line.dx_img);
  const int64_t dy = to_fixed(line.dy_img);
  int64_t x = to_fixed(line.x_img) + dx * span.begin;
  int64_t y = to_fixed(line.y_img) + dy * span.begin;
  for (int u = span.begin; u < span.end; ++u, x += dx, y += dy) {
    const uint32_t bgr = sample(to_steps(x), to_steps(y));
    const uint32_t pixel = color == ColorOrder::rgb ? swap_red_and_blue(bgr) : bgr;
    std::memcpy(pixels + u * 3, &pixel,
                sizeof(pixel));  // the fourth byte belongs to the next pixel, which follows
  }
}

int fraction(int64_t steps) { return static_cast<int>(steps & (kPositionSteps - 1)); }

template <ColorOrder color>
void warp_interior(const ImageView& image, const RowLine& line, Span span, uint8_t* pixels) {
  for_each_pixel<color>(line, span, pixels, [&image](int64_t x_steps, int64_t y_steps) {
    const uint8_t* top =
        image.data + (y_steps >> kPositionBits) * image.stride + (x_steps >> kPositionBits) * 3;
    return blend_bgr(load_bgr_pair(top), load_bgr_pair(top + image.stride), fraction(x_steps),
                     fraction(y_steps));
  });
}

/** Source pixels a target pixel up to which it pays to blend whole rows first. */
constexpr double kUprightLimit = 4.0;

/** The same for a row that runs along those of the image: every pixel has the same two rows, which are
 * blended first. To the bit the same. */
template <ColorOrder color>
void warp_upright(const ImageView& image, const RowLine& line, Span span, uint8_t* pixels) {
  constexpr int kLinePixels = 512;
  int16_t blended[kLinePixels * 3 + 1];
  const int64_t y_steps = to_steps(to_fixed(line.y_img));
  const uint8_t* top = image.data + (y_steps >> kPositionBits) * image.stride;
  const int part_pixels = static_cast<int>((kLinePixels - 3) / line.dx_img);
  for (int begin = span.begin; begin < span.end; begin += part_pixels) {
    const Span part{begin, std::min(begin + part_pixels, span.end)};
    const auto column = [&line](int u) {
      return to_steps(to_fixed(line.x_img) + to_fixed(line.dx_img) * u) >> kPositionBits;
    };
    const int64_t first = column(part.begin);
    const int values = static_cast<int>(column(part.end - 1) - first + 2) * 3;
    blend_rows_to_32nds(top + first * 3, top + first * 3 + image.stride, values, fraction(y_steps), blended);
    blended[values] = 0;  // read with the last pixel, and not used
    for_each_pixel<color>(line, part, pixels, [&](int64_t x_steps, int64_t) {
      return blend_columns_bgr(blended + ((x_steps >> kPositionBits) - first) * 3, fraction(x_steps));
    });
  }
}

/** Pixels at `left` and `right`, which need not be neighbours in the image. Reads 3 bytes of each. */
BgrPair gather_bgr_pair(const uint8_t* left, const uint8_t* right) {
  const auto pixel = [](const uint8_t* p) {
    return static_cast<BgrPair>(p[0]) | static_cast<BgrPair>(p[1]) << 8 | static_cast<BgrPair>(p[2]) << 16;
  };
  return pixel(left) | pixel(right) << 24;
}

/** A replicated border is the same as positions that stop at the outermost pixels. */
template <ColorOrder color>
void warp_replicated(const ImageView& image, const RowLine& line, Span span, uint8_t* pixels) {
  const int64_t x_last = image.width - 1;
  const int64_t y_last = image.height - 1;
  for_each_pixel<color>(line, span, pixels, [&](int64_t x_steps, int64_t y_steps) {
    x_steps = std::clamp<int64_t>(x_steps, 0, x_last * kPositionSteps);
    y_steps = std::clamp<int64_t>(y_steps, 0, y_last * kPositionSteps);
    const int64_t x = x_steps >> kPositionBits;
    const int64_t y = y_steps >> kPositionBits;
    const ptrdiff_t left = x * 3;
    const ptrdiff_t right = std::min(x + 1, x_last) * 3;
    const uint8_t* top = image.data + y * image.stride;
    const uint8_t* bottom = image.data + std::min(y + 1, y_last) * image.stride;
    return blend_bgr(gather_bgr_pair(top + left, top + right), gather_bgr_pair(bottom + left, bottom + right),
                     fraction(x_steps), fraction(y_steps));
  });
}

template <ColorOrder color>
void warp_zero_padded(const ImageView& image, const RowLine& line, Span span, uint8_t* pixels) {
  for_each_pixel<color>(line, span, pixels, [&image](int64_t x_steps, int64_t y_steps) {
    const int64_t x = x_steps >> kPositionBits;
    const int64_t y = y_steps >> kPositionBits;
    const auto row = [&image, x](int64_t y_row) -> BgrPair {
      if (y_row < 0 || y_row >= image.height) return 0;
      const uint8_t* left = image.data + y_row * image.stride;
      static constexpr uint8_t kBlack[3] = {0, 0, 0};
      const auto pixel = [&](int64_t x_pixel) {
        return x_pixel >= 0 && x_pixel < image.width ? left + x_pixel * 3 : kBlack;
      };
      return gather_bgr_pair(pixel(x), pixel(x + 1));
    };
    return blend_bgr(row(y), row(y + 1), fraction(x_steps), fraction(y_steps));
  });
}

/** True where a row touches no pixel of the image at all. */
bool is_outside(const ImageView& image, const RowLine& line, int width) {
  const double x_last = line.x_img + line.dx_img * (width - 1);
  const double y_last = line.y_img + line.dy_img * (width - 1);
  return std::max(line.x_img, x_last) < -1.05 || std::min(line.x_img, x_last) > image.width + 0.05 ||
         std::max(line.y_img, y_last) < -1.05 || std::min(line.y_img, y_last) > image.height + 0.05;
}

template <ColorOrder color>
void warp_rows(const ImageView& image, const Warp& warp, const WarpTarget& target) {
  const int width = target.width;
  const auto row_bytes = static_cast<size_t>(width) * 3;
  const bool zero = target.border == CropBorder::zero;
  const auto warp_border = zero ? warp_zero_padded<color> : warp_replicated<color>;
  const bool upright = warp.right.y_img == 0.0 && warp.right.x_img > 0.0 && warp.right.x_img <= kUprightLimit;
  const auto warp_inner = upright ? warp_upright<color> : warp_interior<color>;
  for (int v = 0; v < target.height; ++v) {
    uint8_t* pixels = target.pixels + row_bytes * static_cast<size_t>(v);
    const double right = -warp.u;
    const double down = v - warp.v;
    const RowLine line{warp.x_img + warp.right.x_img * right + warp.down.x_img * down,
                       warp.y_img + warp.right.y_img * right + warp.down.y_img * down, warp.right.x_img,
                       warp.right.y_img};
    if (zero && is_outside(image, line, width)) {
      std::memset(pixels, 0, row_bytes);
      continue;
    }
    // Pixels are written with a byte too many, which must not lie behind the buffer: its last pixel comes
    // apart.
    const int end = v == target.height - 1 ? width - 1 : width;
    const Span interior = interior_span(image, line, end);
    warp_border(image, line, {0, interior.begin}, pixels);
    warp_inner(image, line, interior, pixels);
    warp_border(image, line, {interior.end, end}, pixels);
    if (end == width) continue;
    uint8_t last[4];
    const RowLine last_pixel{line.x_img + line.dx_img * end, line.y_img + line.dy_img * end, line.dx_img,
                             line.dy_img};
    warp_border(image, last_pixel, {0, 1}, last);
    std::memcpy(pixels + static_cast<size_t>(end) * 3, last, 3);
  }
}

}  // namespace

void warp_image(const ImageView& image_bgr, const Warp& warp, const WarpTarget& target) {
  if (target.color == ColorOrder::rgb) {
    warp_rows<ColorOrder::rgb>(image_bgr, warp, target);
  } else {
    warp_rows<ColorOrder::bgr>(image_bgr, warp, target);
  }
}

void clear_target(const WarpTarget& target) {
  std::memset(target.pixels, 0, static_cast<size_t>(target.width) * static_cast<size_t>(target.height) * 3);
}

}  // namespace pose
