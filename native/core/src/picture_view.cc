#include "pose/picture_view.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace pose {
namespace {

constexpr ptrdiff_t kChannels = 3;
/** Of the upright picture, px: what a tile reads and writes stays in the first two caches. */
constexpr int kTileWidth = 64;
constexpr int kTileHeight = 128;

/** Any turn, mirrored or not: rows and columns change places or do not, and then each runs forwards or
 * backwards. */
struct Orientation {
  bool transposed = false;
  bool x_reversed = false;  ///< of the camera's picture, along the row or column that becomes its place
  bool y_reversed = false;
};

Orientation orientation_of(const PictureView& view) {
  Orientation result;
  switch (view.rotate) {
    case 0:
      break;
    case 90:
      result = {true, false, true};
      break;
    case 180:
      result = {false, true, true};
      break;
    case 270:
      result = {true, true, false};
      break;
    default:
      throw std::invalid_argument("view: expected a turn of 0, 90, 180 or 270 degrees, found " +
                                  std::to_string(view.rotate));
  }
  // Along the upright picture's rows run the camera's columns where they have changed places.
  if (view.flip != Flip::none) {
    bool& reversed =
        (view.flip == Flip::horizontal) == result.transposed ? result.y_reversed : result.x_reversed;
    reversed = !reversed;
  }
  return result;
}

bool shows_all(const PictureView& view) {
  return view.left == 0 && view.top == 0 && view.width == 0 && view.height == 0;
}

bool is_untouched(const PictureView& view) {
  return shows_all(view) && view.rotate == 0 && view.flip == Flip::none;
}

/** The view with its part spelt out. */
PictureView within(int width, int height, PictureView view) {
  if (shows_all(view)) {
    view.width = width;
    view.height = height;
  }
  const auto fits = [](int first, int size, int all) {
    return first >= 0 && size >= 1 && size <= all && first <= all - size;
  };
  if (!fits(view.left, view.width, width) || !fits(view.top, view.height, height)) {
    throw std::invalid_argument("view: expected a part of a picture of " + std::to_string(width) + "x" +
                                std::to_string(height) + ", found " + std::to_string(view.width) + "x" +
                                std::to_string(view.height) + " at " + std::to_string(view.left) + "," +
                                std::to_string(view.top));
  }
  return view;
}

/** `count` pixels, one every `step` bytes, into a row. A pixel is moved as 4 bytes, of which the next one
 * writes over the last: not so the outermost, so that nothing beyond them is read or written. */
void gather_row(const uint8_t* source, ptrdiff_t step, int count, uint8_t* target) {
  std::memcpy(target, source, kChannels);
  for (int i = 1; i < count - 1; ++i) {
    std::memcpy(target + i * kChannels, source + i * step, 4);
  }
  if (count > 1) std::memcpy(target + (count - 1) * kChannels, source + (count - 1) * step, kChannels);
}

/** The same of single bytes. */
void gather_samples(const uint8_t* source, ptrdiff_t step, int count, uint8_t* target) {
  for (int i = 0; i < count; ++i) target[i] = source[i * step];
}

/** Where pixels come from: the first one, and bytes to the next of a row and of a column. */
struct Steps {
  const uint8_t* first;
  ptrdiff_t x;
  ptrdiff_t y;
};

/** The camera's pixel that comes first in the upright picture, and the steps from there. `part` is the first
 * of `width` x `height` pixels that are `step` bytes apart. */
Steps steps_of(const Orientation& turn, const uint8_t* part, int width, int height, ptrdiff_t step,
               ptrdiff_t stride) {
  Steps steps{part, step, stride};
  if (turn.x_reversed) {
    steps.first += (width - 1) * step;
    steps.x = -step;
  }
  if (turn.y_reversed) {
    steps.first += (height - 1) * stride;
    steps.y = -stride;
  }
  if (turn.transposed) std::swap(steps.x, steps.y);
  return steps;
}

/** Fills a picture, or a plane of one, with packed rows; at least its rows or columns change their order. */
template <ptrdiff_t kBytes>
void copy_pixels(const Steps& source, uint8_t* target, int width, int height) {
  const ptrdiff_t stride = kBytes * width;
  if (source.x == kBytes) {
    for (int y = 0; y < height; ++y) {
      std::memcpy(target + y * stride, source.first + y * source.y, static_cast<size_t>(stride));
    }
    return;
  }
  // Rows that only run backwards are one tile; of those that were columns a line of tiles is read after the
  // other.
  const bool tiled = source.x != -kBytes;
  const int tile_width = tiled ? kTileWidth : width;
  const int tile_height = tiled ? kTileHeight : height;
  for (int left = 0; left < width; left += tile_width) {
    const int count = std::min(tile_width, width - left);
    for (int top = 0; top < height; top += tile_height) {
      const int bottom = std::min(top + tile_height, height);
      for (int y = top; y < bottom; ++y) {
        const auto gather = kBytes == 1 ? gather_samples : gather_row;
        gather(source.first + y * source.y + left * source.x, source.x, count,
               target + y * stride + left * kBytes);
      }
    }
  }
}

}  // namespace

ImageView UprightPicture::look(const ImageView& image, const PictureView& wanted) {
  if (is_untouched(wanted)) return image;
  if (image.data == nullptr) throw std::invalid_argument("view: expected a picture, found no data");
  const Orientation turn = orientation_of(wanted);
  const PictureView view = within(image.width, image.height, wanted);
  const uint8_t* part = image.data + view.top * image.stride + view.left * kChannels;
  if (!turn.transposed && !turn.x_reversed && !turn.y_reversed) {
    return {part, view.width, view.height, image.stride};
  }
  const int width = turn.transposed ? view.height : view.width;
  const int height = turn.transposed ? view.width : view.height;
  const ptrdiff_t stride = kChannels * width;
  pixels_.resize(static_cast<size_t>(stride) * static_cast<size_t>(height));
  const Steps steps = steps_of(turn, part, view.width, view.height, kChannels, image.stride);
  copy_pixels<kChannels>(steps, pixels_.data(), width, height);
  return {pixels_.data(), width, height, stride};
}

YuvView UprightPicture::look(const YuvView& picture, const PictureView& wanted) {
  if (is_untouched(wanted)) return picture;
  if (picture.y == nullptr) throw std::invalid_argument("view: expected a picture, found no data");
  const Orientation turn = orientation_of(wanted);
  const PictureView view = within(picture.width, picture.height, wanted);
  const int left = view.left + picture.odd_x;
  const int top = view.top + picture.odd_y;
  YuvView part = picture;
  part.y += view.top * picture.y_stride + view.left;
  part.u += (top / 2) * picture.uv_stride + left / 2;
  part.v += (top / 2) * picture.uv_stride + left / 2;
  part.width = view.width;
  part.height = view.height;
  part.odd_x = left % 2;
  part.odd_y = top % 2;
  if (!turn.transposed && !turn.x_reversed && !turn.y_reversed) return part;

  YuvView upright = i420_view(nullptr, 0, 0, picture.colors);
  upright.width = turn.transposed ? part.height : part.width;
  upright.height = turn.transposed ? part.width : part.height;
  // Backwards the last pixel is the first: is it the second of two?
  upright.odd_x = turn.x_reversed ? (part.odd_x + part.width) % 2 : part.odd_x;
  upright.odd_y = turn.y_reversed ? (part.odd_y + part.height) % 2 : part.odd_y;
  if (turn.transposed) std::swap(upright.odd_x, upright.odd_y);
  upright.y_stride = upright.width;
  upright.uv_stride = upright.uv_width();
  const size_t luma = static_cast<size_t>(upright.width) * static_cast<size_t>(upright.height);
  const size_t chroma = static_cast<size_t>(upright.uv_width()) * static_cast<size_t>(upright.uv_height());
  pixels_.resize(luma + 2 * chroma);
  uint8_t* target = pixels_.data();
  copy_pixels<1>(steps_of(turn, part.y, part.width, part.height, 1, part.y_stride), target, upright.width,
                 upright.height);
  upright.y = target;
  target += luma;
  for (const auto plane : {&YuvView::u, &YuvView::v}) {
    copy_pixels<1>(steps_of(turn, part.*plane, part.uv_width(), part.uv_height(), 1, part.uv_stride), target,
                   upright.uv_width(), upright.uv_height());
    upright.*plane = target;
    target += chroma;
  }
  return upright;
}

ImageView UprightPicture::look_in_bgr(const YuvView& picture, const PictureView& view) {
  const YuvView upright = look(picture, view);
  const ptrdiff_t stride = kChannels * upright.width;
  converted_.resize(static_cast<size_t>(stride) * static_cast<size_t>(upright.height));
  convert_to_bgr(upright, converted_.data());
  return {converted_.data(), upright.width, upright.height, stride};
}

void to_camera(const PictureView& wanted, int camera_width, int camera_height, Instances& people) {
  if (is_untouched(wanted)) return;
  const Orientation turn = orientation_of(wanted);
  const PictureView view = within(camera_width, camera_height, wanted);
  const auto width = static_cast<float>(view.width);
  const auto height = static_cast<float>(view.height);
  for (Keypoint& keypoint : people.keypoints) {  // absent ones stay NaN
    if (turn.transposed) std::swap(keypoint.x, keypoint.y);
    if (turn.x_reversed) keypoint.x = width - keypoint.x;
    if (turn.y_reversed) keypoint.y = height - keypoint.y;
    keypoint.x += static_cast<float>(view.left);
    keypoint.y += static_cast<float>(view.top);
  }
}

}  // namespace pose
