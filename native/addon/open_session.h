#pragma once

#include <napi.h>

namespace pose::addon {

/** open(options): Promise of a Session. Reading, compiling and allocating happen off the JavaScript thread.
 */
Napi::Value open_session_async(const Napi::CallbackInfo& info);

}  // namespace pose::addon
