#include "convert_picture.h"

#include <cstring>

#include "picture_pixels.h"

namespace pose::addon {

Napi::Value convert_picture_to_bgr(const Napi::CallbackInfo& info) {
  const PicturePixels picture = read_picture(info, info[3]);
  const size_t bytes = static_cast<size_t>(picture.stride()) * static_cast<size_t>(picture.height);
  auto bgr = Napi::Uint8Array::New(info.Env(), bytes);
  if (picture.planes) {
    convert_to_bgr(picture.yuv(), bgr.Data());
  } else {
    std::memcpy(bgr.Data(), picture.data, bytes);
  }
  return bgr;
}

}  // namespace pose::addon
