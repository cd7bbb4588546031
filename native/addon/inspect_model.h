#pragma once

#include <napi.h>

namespace pose::addon {

/** inspect(path, width, height): Promise of {inputs, outputs}, each a list of {name, dims, type}. `dims` has
 * -1 where a dimension is dynamic and is null where their number is. Sizes of 0 leave the file's own. */
Napi::Value inspect_model_async(const Napi::CallbackInfo& info);

}  // namespace pose::addon
