#pragma once

#include <string>
#include <vector>

#include "pose/decoder.h"
#include "pose/engine.h"

namespace pose {

/** Which of a network's outputs play the roles of its decoder. */
class DecoderOutputs {
 public:
  /** `names` has an output's name for each role; an empty one is found by the role's own name, or else by its
   * shape where only one choice fits decoder, `decode` and the network's input. An optional role is never
   * guessed by its shape. Throws EngineError MODEL_SHAPE_MISMATCH, with what the network has. */
  DecoderOutputs(const CompiledModel& model, const Decoder& decoder, const DecoderOptions& decode,
                 const std::vector<std::string>& names);

  /** Keypoints a person. */
  int keypoint_count() const { return keypoint_count_; }
  /** One view a role of what `request` has computed, for Decoder::decode(). `views` keeps its capacity. */
  void read(const InferRequest& request, std::vector<TensorView>& views) const;

 private:
  std::vector<int> positions_;  // among the model's outputs, -1 for an optional role that is not there
  int keypoint_count_ = 0;
};

}  // namespace pose
