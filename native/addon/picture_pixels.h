#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "picture_format.h"
#include "pose/image.h"
#include "pose/yuv_view.h"
#include "read_object.h"

namespace pose::addon {

constexpr int kLongestPictureSide = 65536;  ///< px

/** A picture in memory that JavaScript lends, rows packed: BGR, or planes that follow one another. */
struct PicturePixels {
  uint8_t* data = nullptr;
  int width = 0;
  int height = 0;
  std::optional<YuvColors> planes;  ///< none: BGR

  ptrdiff_t stride() const { return static_cast<ptrdiff_t>(width) * 3; }
  ImageView image() const { return {data, width, height, stride()}; }
  YuvView yuv() const { return i420_view(data, width, height, *planes); }
};

/** The first three arguments: pixels, width and height; and `format`, BGR where that is left out. The memory
 * is as large as the size says, and no other thread may change it. */
inline PicturePixels read_picture(const Napi::CallbackInfo& info, const Napi::Value& format) {
  const bool is_bytes =
      info[0].IsTypedArray() && info[0].As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array;
  if (!is_bytes) refuse_type(info[0], "pixels", "a Uint8Array");
  auto pixels = info[0].As<Napi::Uint8Array>();
  if (!pixels.ArrayBuffer().IsArrayBuffer()) refuse_type(info[0], "pixels", "memory that is not shared");
  PicturePixels picture;
  picture.width = static_cast<int>(to_integer(info[1], "width", 1, kLongestPictureSide));
  picture.height = static_cast<int>(to_integer(info[2], "height", 1, kLongestPictureSide));
  picture.planes = read_format(format);
  const size_t bytes = picture.planes
                           ? i420_bytes(picture.width, picture.height)
                           : static_cast<size_t>(picture.stride()) * static_cast<size_t>(picture.height);
  if (pixels.Data() == nullptr || pixels.ByteLength() != bytes) {
    refuse_range(info[0], "pixels",
                 std::to_string(bytes) + " bytes, found " + std::to_string(pixels.ByteLength()));
  }
  picture.data = pixels.Data();
  return picture;
}

}  // namespace pose::addon
