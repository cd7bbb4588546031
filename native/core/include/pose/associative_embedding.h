#pragma once

#include <memory>

#include "pose/instances.h"
#include "pose/tensor.h"

namespace pose {

/** Where the decoder finds the maxima of the heatmaps. */
enum class AssociativePeaks {
  /** The network has suppressed what is no maximum: in `nms_heatmaps` (0 there), or where that is absent, in
   * the heatmaps themselves, whose suppressed cells are negative. Open Model Zoo's 0005 to 0007. */
  suppressed,
  /** Plain heatmaps: a peak is a cell that no other of the 5 x 5 around it exceeds. HigherHRNet and bottom-up
   * HRNet as they leave training. */
  plain
};

struct AssociativeEmbeddingOptions {
  AssociativePeaks peaks = AssociativePeaks::suppressed;
  float peak_threshold = 0.1F;   ///< a peak is greater; above 0, at most 1
  float tag_threshold = 1.0F;    ///< largest tag distance within a person; above 0
  float score_threshold = 0.1F;  ///< least mean score of a person over all keypoints; 0 to 1
  /** Added to matched keypoints, map cells: 0 for Open Model Zoo's models, 0.5 for HigherHRNet. */
  float delta = 0.0F;
  int stride = 2;       ///< network-input pixels a map cell; at least 1
  int max_people = 30;  ///< and peaks of one kind of keypoint; 1..64
};

/** Largest height and width of a map that is decoded, cells, and keypoints a person. */
constexpr int kAssociativeMaxMapSide = 1024;
constexpr int kAssociativeMaxKeypoints = 256;

/** Working memory of decode_associative_embedding(), reused from frame to frame. One a thread. */
class AssociativeEmbeddingArena {
 public:
  struct Buffers;

  AssociativeEmbeddingArena();
  ~AssociativeEmbeddingArena();
  AssociativeEmbeddingArena(AssociativeEmbeddingArena&&) noexcept;
  AssociativeEmbeddingArena& operator=(AssociativeEmbeddingArena&&) noexcept;

  Buffers& buffers() { return *buffers_; }

 private:
  std::unique_ptr<Buffers> buffers_;
};

/** Keypoints a person. Throws std::invalid_argument, with what was expected and found, unless `heatmaps` and
 * `tags` are [1, K, H, W] alike, and `nms_heatmaps` too where its rank is not 0. */
int check_associative_embedding_shapes(const Shape& heatmaps, const Shape& tags, const Shape& nms_heatmaps);

/** Groups the peaks of heatmaps into people by their tags (associative embedding, Newell et al. 2017), and
 * looks for the keypoints that are missing where the tag says the person is.
 *
 *  Equals Open Model Zoo's C++ demo (HpeAssociativeEmbedding::postprocess). `nms_heatmaps.data` is null where
 * the network has no such output. `people_net` gets K keypoints an instance in network-input pixels (map
 * position * stride) in the reference's order of people, raw_score is the reference's figure. What is not
 * finite is no peak.
 *
 *  Throws std::invalid_argument for shapes, missing data and options out of range. Allocates nothing once
 * arena and `people_net` have seen a frame of the same size. */
void decode_associative_embedding(const TensorView& heatmaps, const TensorView& tags,
                                  const TensorView& nms_heatmaps, const AssociativeEmbeddingOptions& options,
                                  AssociativeEmbeddingArena& arena, Instances& people_net);

}  // namespace pose
