#pragma once

#include <cstddef>
#include <cstdint>

namespace pose {

/** A BGR image of 8 bits a channel, rows `stride` bytes apart, that somebody else owns. */
struct ImageView {
  const uint8_t* data = nullptr;
  int width = 0;
  int height = 0;
  ptrdiff_t stride = 0;
};

}  // namespace pose
