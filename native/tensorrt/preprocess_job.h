#pragma once

#include <cstddef>

#include "pose/engine.h"
#include "pose/letterbox.h"
#include "preprocess.h"

namespace pose {

/** Bytes of one picture of the network's input, 8 bits a channel. */
size_t input_picture_bytes(const InputSpec& input);

/** A batch of pictures at `pixels` (an address on the device) that are of the network's size and colour order
 * already. */
PreprocessJob ready_made_job(const InputSpec& input, const void* pixels);

/** A BGR picture at `pixels` (an address on the device), its rows `stride` bytes apart, to be fitted as
 * `letterbox` says; `swaps_colors` for a network that takes RGB. */
PreprocessJob fitted_job(const Letterbox& letterbox, const void* pixels, long long stride, bool swaps_colors);

}  // namespace pose
