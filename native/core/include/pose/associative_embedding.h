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
  /** Plain heatmaps: a peak is a cell that no other of the 5 x 5 around it exceeds; `nms_heatmaps` is not
   * looked at. HigherHRNet and bottom-up HRNet as they leave training. */
  plain
};

struct AssociativeEmbeddingOptions {
  AssociativePeaks peaks = AssociativePeaks::suppressed;
  float peak_threshold = 0.1F;   ///< a peak is greater; above 0, at most 1
  float tag_threshold = 1.0F;    ///< a tag is nearer to the mean of its person; above 0 and finite
  float score_threshold = 0.1F;  ///< a person's raw_score is greater; 0 to 1
  /** Added to matched keypoints, map cells: 0 for Open Model Zoo's models, 0.5 for HigherHRNet. Finite. */
  float delta = 0.0F;
  int stride = 2;       ///< network-input pixels a map cell; at least 1
  int max_people = 30;  ///< and peaks of one kind of keypoint; more are cut by score. 1..64
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

/** Keypoints a person. Throws std::invalid_argument, with what was expected and found, unless `heatmaps` is
 * [1, K, H, W], `tags` the same or [1, K, H, W, 1], as Open Model Zoo's networks give them, and
 * `nms_heatmaps` the same where its rank is not 0. */
int check_associative_embedding_shapes(const Shape& heatmaps, const Shape& tags, const Shape& nms_heatmaps);

/** Groups the peaks of heatmaps into people by their tags (associative embedding, Newell et al. 2017), and
 * looks for the keypoints that are missing where the tag says the person is.
 *
 *  Equals Open Model Zoo's C++ demo (HpeAssociativeEmbedding::postprocess), where several groupings cost the
 * same maybe with another of them. `nms_heatmaps` has rank 0 and no data where the network has no such
 * output. Where K is 17 keypoints are taken for COCO's.
 *
 *  `people_net` gets K keypoints an instance in network-input pixels (map position * stride) in the
 * reference's order of people. A keypoint's score is its heat, also where it was looked for. raw_score is the
 * reference's figure: the scores of the peaks alone, over K. A keypoint that was looked for where there is no
 * heat at all is absent. What is not finite is neither a peak nor a place for a missing keypoint.
 *
 *  The reference goes on with grouping when it has more than `max_people` people; they are cut in the end,
 * and none is begun beyond 17 times as many.
 *
 *  Throws std::invalid_argument for shapes, missing data and options out of range. Allocates nothing once
 * arena and `people_net` have seen a frame of the same size. */
void decode_associative_embedding(const TensorView& heatmaps, const TensorView& tags,
                                  const TensorView& nms_heatmaps, const AssociativeEmbeddingOptions& options,
                                  AssociativeEmbeddingArena& arena, Instances& people_net);

}  // namespace pose
