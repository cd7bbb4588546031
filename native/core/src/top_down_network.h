#pragma once

#include <memory>
#include <vector>

#include "decoder_outputs.h"
#include "network_times.h"
#include "pose/box_crop.h"
#include "pose/decoder.h"
#include "pose/detections.h"
#include "pose/engine.h"
#include "pose/image.h"
#include "pose/instances.h"
#include "pose/top_down_estimator.h"

namespace pose {

/** The pose network with its decoder and requests of its own: people's boxes of a picture in, keypoints out.
 * One a thread. */
class TopDownNetwork {
 public:
  /** Throws EngineError: MODEL_SHAPE_MISMATCH as DecoderOutputs, ENGINE_OPTION_INVALID for another family's
   * decoder. */
  TopDownNetwork(CompiledModel& model, std::unique_ptr<Decoder> decoder, const TopDownOptions& options);
  /** One instance for each of `people`, in image pixels. Whatever is thrown, nothing is in flight afterwards.
   */
  void run(const ImageView& image, const std::vector<Detection>& people, NetworkTimes& times,
           Instances& people_img);
  int keypoint_count() const { return outputs_.keypoint_count(); }

 private:
  struct Batch {
    std::unique_ptr<InferRequest> request;
    std::vector<CropBox> boxes;
    int filled;  ///< pictures in its input that are not black
  };

  void fill(const ImageView& image, const std::vector<Detection>& people, size_t begin, Batch& batch);
  void decode(const Batch& batch, Instances& people_img);

  InputSpec input_;
  CropGrid grid_;
  float box_scale_;
  std::unique_ptr<Decoder> decoder_;
  DecoderOutputs outputs_;
  std::vector<Batch> batches_;
  std::vector<TensorView> tensors_;
  Instances decoded_net_;
};

}  // namespace pose
