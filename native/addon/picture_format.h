#pragma once

#include <napi.h>

#include <array>
#include <optional>
#include <string>

#include "pose/yuv_view.h"
#include "read_object.h"

namespace pose::addon {

/** What JavaScript calls a picture's format: BGR, then planes in the order of YuvColors. */
constexpr std::array<const char*, 5> kPictureFormats{"bgr", "i420-bt601", "i420-bt601-full", "i420-bt709",
                                                     "i420-bt709-full"};

/** None for BGR, which is meant where nothing is given. */
inline std::optional<YuvColors> read_format(const Napi::Value& value) {
  if (value.IsUndefined()) return std::nullopt;
  const std::string name = to_text(value, "format");
  for (size_t i = 0; i < kPictureFormats.size(); ++i) {
    if (name != kPictureFormats.at(i)) continue;
    if (i == 0) return std::nullopt;
    return static_cast<YuvColors>(i - 1);
  }
  refuse_range(value, "format", "bgr, i420-bt601, i420-bt601-full, i420-bt709 or i420-bt709-full");
}

}  // namespace pose::addon
