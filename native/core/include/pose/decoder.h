#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "pose/associative_embedding.h"
#include "pose/heatmap.h"
#include "pose/instances.h"
#include "pose/openpose.h"
#include "pose/simcc.h"
#include "pose/tensor.h"
#include "pose/trt_pose.h"

namespace pose {

/** A tensor that a family's decoder takes, by the part it plays. */
struct TensorRole {
  const char* name;
  bool optional;
};

/** Which family, and its variants. */
using DecoderOptions =
    std::variant<OpenPoseOptions, AssociativeEmbeddingOptions, HeatmapOptions, SimccOptions, TrtPoseOptions>;

/** A family's decoder with its working memory: a network's outputs in, people out. One a thread. */
class Decoder {
 public:
  virtual ~Decoder() = default;
  /** In the order in which check() and decode() take them. */
  virtual const std::vector<TensorRole>& roles() const = 0;
  /** Keypoints a person, as the outputs' shapes tell; a shape of rank 0 stands for an optional tensor that is
   * not there. Throws std::invalid_argument, with what was expected and found, where the shapes do not fit.
   */
  virtual int check(const std::vector<Shape>& shapes) const = 0;
  /** `tensors` has one view a role; `data` is null for an optional one that is not there. Coordinates are
   *  network-input pixels. Throws std::invalid_argument. Allocates nothing once it has seen a frame of the
   * same size.
   */
  virtual void decode(const std::vector<TensorView>& tensors, Instances& people_net) = 0;
};

/** Options out of range are refused by decode(). */
std::unique_ptr<Decoder> make_decoder(const DecoderOptions& options);

}  // namespace pose
