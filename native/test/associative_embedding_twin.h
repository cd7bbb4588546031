#pragma once

#include "pose/associative_embedding.h"

namespace pose::test {

/** The associative embedding decoder written plainly: every map is suppressed, sorted and searched whole, for
 * every person anew. What decode_associative_embedding() must equal. Only the assignment is shared: which of
 * several equally cheap ones is taken is its own business, and it has a test of its own. */
Instances decode_associative_embedding_plainly(const TensorView& heatmaps, const TensorView& tags,
                                               const TensorView& nms_heatmaps,
                                               const AssociativeEmbeddingOptions& options);

}  // namespace pose::test
