#pragma once

#include <napi.h>

namespace pose::addon {

/** decodeOpenPose(heatmaps, heatmapsShape, pafs, pafsShape, options): Promise of packed instances (see
 * pack.h) in network-input pixels. Arguments are validated in TypeScript; shapes that do not fit reject with
 *  TENSOR_INVALID. */
Napi::Value decode_openpose_async(const Napi::CallbackInfo& info);

}  // namespace pose::addon
