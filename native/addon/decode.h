#pragma once

#include <napi.h>

namespace pose::addon {

/** decode(family, tensors, options): Promise of packed instances (pack.h) in network-input pixels. `tensors`
 * has a {data: Float32Array, shape: number[]} a role, whose values are copied. Throws TypeError and
 * RangeError; what does not fit the family rejects with TENSOR_INVALID. */
Napi::Value decode_async(const Napi::CallbackInfo& info);

}  // namespace pose::addon
