#pragma once

#include <vector>

#include "pose/decoder.h"
#include "pose/engine.h"

namespace pose {

/** Decoders trust that a map's cell is `stride` input pixels, and a bin `1 / split_ratio`: where it is not,
 * every keypoint would be off. `shapes` are those of a decoder's roles and fit it already. Throws
 * std::invalid_argument, with what was expected and found, where they do not belong to an input of this size
 * and batch. */
void check_map_sizes(const DecoderOptions& decode, const std::vector<Shape>& shapes, const InputSpec& input);

}  // namespace pose
