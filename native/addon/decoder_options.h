#pragma once

#include <napi.h>

#include <string>

#include "pose/decoder.h"

namespace pose::addon {

/** A family's options from a plain object that TypeScript has validated and completed (DecodeSettings in
 *  src/engine/binding.ts). Throws Napi::Error for a family that has no decoder. */
DecoderOptions read_decoder_options(Napi::Env env, const std::string& family, const Napi::Object& given);

}  // namespace pose::addon
