#include "pose/top_down_estimator.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "camera_states.h"
#include "camera_workers.h"
#include "look_in_bgr.h"
#include "person_detector_network.h"
#include "pose/top_down_tracker.h"
#include "top_down_network.h"

namespace pose {
namespace {

using Clock = std::chrono::steady_clock;

/** More than the people that can be followed: those who are must be recognised also where others score
 *  higher. */
constexpr size_t kMaxDetections = 128;

/** Frames of several cameras in work at once. Each has requests for all of its people, so that more of them
 * would not keep a device any busier. */
constexpr int kThreads = 2;

template <class Number>
void require_option(bool in_range, const std::string& option, Number found) {
  if (in_range) return;
  throw EngineError("ENGINE_OPTION_INVALID", "top-down: " + option + ", found " + std::to_string(found));
}

void check_options(const TopDownOptions& options) {
  require_option(options.box_scale >= 1.0F && options.box_scale <= 3.0F, "box_scale must be 1 to 3",
                 options.box_scale);
  require_option(options.detector_interval >= 1, "detector_interval must be at least 1",
                 options.detector_interval);
  require_option(options.keypoint_threshold >= 0.0F && options.keypoint_threshold <= 1.0F,
                 "keypoint_threshold must be 0 to 1", options.keypoint_threshold);
  require_option(options.max_people >= 1 && options.max_people <= 64, "max_people must be 1 to 64",
                 options.max_people);
  require_option(options.threads >= 0 && options.threads <= 256, "threads must be 0 to 256", options.threads);
}

class TopDownEstimator : public Estimator {
 public:
  TopDownEstimator(TopDownParts parts, const TopDownOptions& options)
      : options_(options), parts_(std::move(parts)) {}

  void start() {
    check_options(options_);
    require_option(parts_.network->input().batch >= 1, "the batch must be at least 1",
                   parts_.network->input().batch);
    const int threads =
        options_.threads > 0 ? options_.threads : std::clamp(parts_.network->request_count(), 1, kThreads);
    for (int i = 0; i < threads; ++i) workers_.push_back(std::make_unique<Worker>(parts_, options_));
    threads_.start(threads);
  }

  void submit(const Frame& frame, Done done) override { threads_.submit(frame, std::move(done)); }
  int keypoint_count() const override { return workers_.front()->network.keypoint_count(); }
  int capacity() const override { return threads_.capacity(); }
  void forget(int camera) override { threads_.forget(camera); }

 private:
  /** What one frame needs while it is worked on. */
  struct Worker {
    Worker(TopDownParts& parts, const TopDownOptions& options)
        : detector(make_person_detector_network(*parts.detector, options.detector)),
          network(*parts.network, parts.make_decoder(), options) {}
    std::unique_ptr<PersonDetectorNetwork> detector;
    TopDownNetwork network;
    std::vector<Detection> detections_img;
    Instances looked_at_img;
    Estimate estimate;
    UprightPicture upright;
  };

  const Estimate& estimate(const CameraJob& job, Worker& worker) {
    const Clock::time_point begin = Clock::now();
    const Frame& frame = job.frame;
    if ((frame.image.data == nullptr && !frame.has_planes()) || frame.width() <= 0 || frame.height() <= 0) {
      throw std::invalid_argument("top-down: a frame of camera " + std::to_string(job.frame.camera) +
                                  " has no pixels");
    }
    NetworkTimes times;
    const ImageView image = look_in_bgr(frame, worker.upright);
    times.preprocess_ms = ms_between(begin, Clock::now());
    Timings timings;
    timings.wait_ms = ms_between(job.submitted, begin);
    TopDownTracker& tracker = tracker_of(job.frame.camera);
    Clock::time_point mark = Clock::now();
    const bool search = tracker.wants_detections();
    if (search) {
      worker.detector->run(image, kMaxDetections, times, worker.detections_img);
      timings.detect_ms = lap_ms(mark);
    }
    tracker.begin_frame(search ? &worker.detections_img : nullptr);
    worker.network.run(image, tracker.boxes(), times, worker.looked_at_img);
    if (!tracker.boxes().empty()) {
      timings.person_ms = lap_ms(mark) / static_cast<float>(tracker.boxes().size());
    }
    Estimate& estimate = worker.estimate;
    estimate.instances.clear(worker.network.keypoint_count());
    tracker.finish_frame(worker.looked_at_img, {image.width, image.height}, estimate.instances);
    to_camera(frame.view, frame.width(), frame.height(), estimate.instances);
    timings.preprocess_ms = times.preprocess_ms;
    timings.infer_ms = times.infer_ms;
    timings.decode_ms = ms_between(begin, Clock::now()) - times.preprocess_ms - times.infer_ms;
    estimate.timings = timings;
    return estimate;
  }

  TopDownTracker& tracker_of(int camera) {
    return trackers_.of(camera, TopDownTrackerOptions{options_.detector_interval, options_.keypoint_threshold,
                                                      options_.max_people});
  }

  TopDownOptions options_;
  TopDownParts parts_;
  CameraStates<TopDownTracker> trackers_;
  std::vector<std::unique_ptr<Worker>> workers_;
  /** The last member, as its end waits for the frames that use the others. */
  CameraWorkers threads_{{[this](const CameraJob& job, size_t worker) -> const Estimate& {
                            return estimate(job, *workers_[worker]);
                          },
                          [this](int camera) { tracker_of(camera).forget(); }}};
};

}  // namespace

std::unique_ptr<Estimator> make_top_down_estimator(TopDownParts parts, const TopDownOptions& options) {
  auto estimator = std::make_unique<TopDownEstimator>(std::move(parts), options);
  estimator->start();
  return estimator;
}

}  // namespace pose
