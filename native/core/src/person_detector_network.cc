#include "person_detector_network.h"

#include <chrono>
#include <cmath>
#include <string>

#include "blazepose_networks.h"
#include "detector_outputs.h"
#include "pose/roi.h"

namespace pose {
namespace {

using Clock = std::chrono::steady_clock;

/** `ssd` and `yolo`. */
class BoxDetectorNetwork : public PersonDetectorNetwork {
 public:
  BoxDetectorNetwork(CompiledModel& model, const PersonDetectorOptions& options)
      : input_(model.input()), resize_(options.resize), pad_(options.pad), outputs_(model, options) {
    request_ = model.create_request();
  }

  void run(const ImageView& image, size_t max_detections, NetworkTimes& times,
           std::vector<Detection>& people_img) override {
    Clock::time_point mark = Clock::now();
    Letterbox fit = make_letterbox(image.width, image.height, input_.width, input_.height, resize_);
    fit.fill = pad_;
    load_picture(*request_, image, fit, input_.color, Interpolation::linear, letterbox_arena_);
    times.preprocess_ms += lap_ms(mark);
    request_->infer();
    times.infer_ms += lap_ms(mark);
    outputs_.decode(*request_, fit, max_detections, people_img);
  }

 private:
  InputSpec input_;
  ResizeRule resize_;
  uint8_t pad_;
  DetectorOutputs outputs_;
  std::unique_ptr<InferRequest> request_;
  LetterboxArena letterbox_arena_;
};

/** The upright square around the circle that MediaPipe's detector draws around a whole body. */
Detection to_person(const BlazePoseDetection& body_img) {
  const ImagePoint& hip = body_img.points[0];
  const ImagePoint& circle = body_img.points[1];
  const float radius = std::hypot(circle.x_img - hip.x_img, circle.y_img - hip.y_img);
  return {body_img.score, hip.x_img - radius, hip.y_img - radius, hip.x_img + radius, hip.y_img + radius};
}

class BlazePosePersonNetwork : public PersonDetectorNetwork {
 public:
  BlazePosePersonNetwork(CompiledModel& model, const PersonDetectorOptions& options) : network_(model) {
    decoding_.score_threshold = options.score_threshold;
  }

  void run(const ImageView& image, size_t max_detections, NetworkTimes& times,
           std::vector<Detection>& people_img) override {
    decoding_.max_detections = max_detections;
    network_.run(image, decoding_, times, bodies_img_);
    people_img.clear();
    for (const BlazePoseDetection& body : bodies_img_) people_img.push_back(to_person(body));
  }

 private:
  BlazePoseDetectorOptions decoding_;
  BlazePoseDetectorNetwork network_;
  std::vector<BlazePoseDetection> bodies_img_;
};

void require_option(bool in_range, const std::string& option, float found) {
  if (in_range) return;
  throw EngineError("ENGINE_OPTION_INVALID", "detector: " + option + ", found " + std::to_string(found));
}

}  // namespace

std::unique_ptr<PersonDetectorNetwork> make_person_detector_network(CompiledModel& model,
                                                                    const PersonDetectorOptions& options) {
  require_option(options.score_threshold > 0.0F && options.score_threshold <= 1.0F,
                 "score_threshold must be above 0 and at most 1", options.score_threshold);
  require_option(options.iou_threshold >= 0.0F && options.iou_threshold <= 1.0F,
                 "iou_threshold must be 0 to 1", options.iou_threshold);
  if (options.kind == DetectorKind::blazepose) {
    return std::make_unique<BlazePosePersonNetwork>(model, options);
  }
  return std::make_unique<BoxDetectorNetwork>(model, options);
}

}  // namespace pose
