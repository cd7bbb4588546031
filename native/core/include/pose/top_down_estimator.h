#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pose/decoder.h"
#include "pose/engine.h"
#include "pose/estimator.h"
#include "pose/person_detector.h"

namespace pose {

struct TopDownOptions {
  PersonDetectorOptions detector;
  /** HeatmapOptions or SimccOptions. `dark_udp` also says how crops lie in their boxes: CropGrid::udp. */
  DecoderOptions decode = HeatmapOptions();
  std::vector<std::string>
      outputs;              ///< of the pose network, one a role of the decoder; "" finds it by its shape
  float box_scale = 1.25F;  ///< how much larger than its person a crop is; 1 to 3
  /** Frames from one look of the detector to the next; in between a person's box is that of its keypoints.
   * While nobody is followed it looks at every frame, and at the one after somebody was lost. */
  int detector_interval = 5;
  float keypoint_threshold = 0.3F;  ///< least score of a keypoint that carries a box on; 0 to 1
  int max_people = 8;               ///< 1..64; those who are followed, then the best scores
  int threads = 0;  ///< frames in work at once; 0: two where the pose network has requests for them
};

/** Top-down families: a person detector, a crop of every person (the box widened to the network's
 * proportions), batched inferences over the people of a frame, one decode a batch.
 *
 *  `network` is compiled for a batch of at least 1; people beyond a batch are inferred in further ones, which
 * are in flight together as far as it has requests. What a batch has no people for is black and ignored.
 * Instances have image pixels and a track id that a person keeps while its box is carried on or found again.
 * Frames of one camera are worked on one after the other, as each needs the people of the one before.
 *
 *  Throws EngineError MODEL_SHAPE_MISMATCH when the outputs are not those of the family,
 * ENGINE_OPTION_INVALID for options out of range. */
std::unique_ptr<Estimator> make_top_down_estimator(std::unique_ptr<CompiledModel> detector,
                                                   std::unique_ptr<CompiledModel> network,
                                                   const TopDownOptions& options);

/** What such an estimator is made of. */
struct TopDownParts {
  std::unique_ptr<CompiledModel> detector;
  std::unique_ptr<CompiledModel> network;
  std::function<std::unique_ptr<Decoder>()> make_decoder;  ///< called once a thread
};

/** The same with a decoder of the caller's, which gives one instance a picture of the batch, in its order. */
std::unique_ptr<Estimator> make_top_down_estimator(TopDownParts parts, const TopDownOptions& options);

}  // namespace pose
