#pragma once

#include <napi.h>

namespace pose::addon {

/** convertToBgr(pixels, width, height, format): a new Uint8Array, rows packed. */
Napi::Value convert_picture_to_bgr(const Napi::CallbackInfo& info);

}  // namespace pose::addon
