#include "blazepose_networks.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "arrivals.h"
#include "describe_outputs.h"
#include "pose/affine_crop.h"

namespace pose {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void throw_mismatch(const std::string& network, const std::string& expected,
                                 const std::string& found) {
  throw EngineError("MODEL_SHAPE_MISMATCH",
                    "a BlazePose " + network + " network has " + expected + "; this one has " + found);
}

void require_input(const CompiledModel& model, const InputSpec& expected, const std::string& network) {
  const InputSpec& input = model.input();
  if (input.height == expected.height && input.width == expected.width && input.color == expected.color)
    return;
  const auto describe = [](const InputSpec& spec) {
    return "an input of " + std::to_string(spec.width) + " x " + std::to_string(spec.height) +
           (spec.color == ColorOrder::rgb ? " RGB" : " BGR");
  };
  throw_mismatch(network, describe(expected), describe(input));
}

/** Position of the output of this shape; all shapes of a network differ. */
size_t find_output(const CompiledModel& model, const Shape& shape, const std::string& network) {
  for (size_t i = 0; i < model.outputs().size(); ++i) {
    if (model.outputs()[i].shape == shape) return i;
  }
  throw_mismatch(network, "an output of shape " + shape.to_string(), describe_outputs(model));
}

}  // namespace

BlazePoseDetectorNetwork::BlazePoseDetectorNetwork(CompiledModel& model) {
  require_input(model, blazepose_detector_input(), "detector");
  boxes_ = find_output(model, {1, 2254, 12}, "detector");
  scores_ = find_output(model, {1, 2254, 1}, "detector");
  request_ = model.create_request();
}

void BlazePoseDetectorNetwork::run(const ImageView& image, const BlazePoseDetectorOptions& options,
                                   NetworkTimes& times, std::vector<BlazePoseDetection>& detections_img) {
  Clock::time_point mark = Clock::now();
  const Roi letterbox = letterbox_roi(image.width, image.height);
  crop_roi(image, letterbox, {request_->input(), blazepose_detector_input().width, CropBorder::zero});
  times.preprocess_ms += lap_ms(mark);
  request_->infer();
  times.infer_ms += lap_ms(mark);
  decode_blazepose_detections(request_->output(boxes_), request_->output(scores_), letterbox, options, arena_,
                              detections_img);
}

BlazePoseLandmarkNetwork::BlazePoseLandmarkNetwork(CompiledModel& model, int requests) {
  require_input(model, blazepose_landmark_input(), "landmark");
  const std::vector<Shape> outputs = blazepose_landmark_outputs();
  landmarks_ = find_output(model, outputs[0], "landmark");
  flag_ = find_output(model, outputs[1], "landmark");
  heatmaps_ = find_output(model, outputs[2], "landmark");
  for (int i = 0; i < requests; ++i) requests_.push_back(model.create_request());
}

void BlazePoseLandmarkNetwork::run(const ImageView& image, const std::vector<Roi>& rois, NetworkTimes& times,
                                   std::vector<BlazePoseBody>& bodies_img) {
  bodies_img.resize(rois.size());
  for (size_t begin = 0; begin < rois.size(); begin += requests_.size()) {
    const size_t count = std::min(requests_.size(), rois.size() - begin);
    Clock::time_point mark = Clock::now();
    Arrivals arrivals;
    for (size_t i = 0; i < count; ++i) {
      crop_roi(image, rois[begin + i],
               {requests_[i]->input(), blazepose_landmark_input().width, CropBorder::replicate});
      times.preprocess_ms += lap_ms(mark);
      // A single one runs right here and spares the way to another thread and back.
      if (count == 1) {
        requests_[i]->infer();
      } else {
        arrivals.start(*requests_[i]);
      }
      times.infer_ms += lap_ms(mark);
    }
    arrivals.wait();
    times.infer_ms += lap_ms(mark);
    for (size_t i = 0; i < count; ++i) {
      BlazePoseBody& body = bodies_img[begin + i];
      const InferRequest& request = *requests_[i];
      decode_blazepose_landmarks(
          {request.output(landmarks_), request.output(flag_), request.output(heatmaps_)}, body);
      if (body.found) project_blazepose_landmarks(rois[begin + i], body.landmarks);
    }
  }
}

}  // namespace pose
