#include "pose/blazepose_estimator.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "blazepose_networks.h"
#include "camera_states.h"
#include "camera_workers.h"
#include "look_in_bgr.h"

namespace pose {
namespace {

using Clock = std::chrono::steady_clock;

/** Whole nanoseconds, as filters need exact differences. A time that is no number stands still. */
int64_t to_nanoseconds(double time_ms) {
  constexpr double kLatest_ms = 9e12;
  return std::abs(time_ms) <= kLatest_ms ? std::llround(time_ms * 1e6) : 0;
}

void require_option(bool in_range, const std::string& option, int found) {
  if (in_range) return;
  throw EngineError("ENGINE_OPTION_INVALID", "BlazePose: " + option + ", found " + std::to_string(found));
}

class BlazePoseEstimator : public Estimator {
 public:
  BlazePoseEstimator(std::unique_ptr<CompiledModel> detector, std::unique_ptr<CompiledModel> landmarks,
                     const BlazePoseOptions& options)
      : options_(options), detector_(std::move(detector)), landmarks_(std::move(landmarks)) {}

  void start() {
    const BlazePoseTrackerOptions& tracking = options_.tracking;
    require_option(tracking.max_people >= 1 && tracking.max_people <= 64, "max_people must be 1 to 64",
                   tracking.max_people);
    require_option(tracking.detector_interval >= 1, "detector_interval must be at least 1",
                   tracking.detector_interval);
    require_option(options_.threads >= 0 && options_.threads <= 256, "threads must be 0 to 256",
                   options_.threads);
    const int threads = options_.threads > 0 ? options_.threads : std::max(1, landmarks_->request_count());
    const int requests = std::min(tracking.max_people, std::max(1, landmarks_->request_count()));
    for (int i = 0; i < threads; ++i) {
      workers_.push_back(std::make_unique<Worker>(*detector_, *landmarks_, requests));
    }
    threads_.start(threads);
  }

  void submit(const Frame& frame, Done done) override { threads_.submit(frame, std::move(done)); }
  int keypoint_count() const override { return static_cast<int>(kBlazePoseKeypoints); }
  int capacity() const override { return threads_.capacity(); }
  void forget(int camera) override { threads_.forget(camera); }

 private:
  /** What one frame needs while it is worked on. */
  struct Worker {
    Worker(CompiledModel& detector, CompiledModel& landmarks, int requests)
        : detector_network(detector), landmark_network(landmarks, requests) {}
    BlazePoseDetectorNetwork detector_network;
    BlazePoseLandmarkNetwork landmark_network;
    std::vector<BlazePoseDetection> detections_img;
    std::vector<BlazePoseBody> bodies_img;
    Estimate estimate;
    UprightPicture upright;
  };

  const Estimate& estimate(const CameraJob& job, Worker& worker) {
    const Clock::time_point begin = Clock::now();
    const Frame& frame = job.frame;
    if ((frame.image.data == nullptr && !frame.has_planes()) || frame.width() <= 0 || frame.height() <= 0) {
      throw std::invalid_argument("BlazePose: a frame of camera " + std::to_string(job.frame.camera) +
                                  " has no pixels");
    }
    NetworkTimes times;
    const ImageView image = look_in_bgr(frame, worker.upright);
    times.preprocess_ms = ms_between(begin, Clock::now());
    BlazePoseTracker& tracker = trackers_.of(job.frame.camera, options_.tracking);
    const bool search = tracker.wants_detections();
    Timings timings;
    Clock::time_point mark = Clock::now();
    if (search) {
      worker.detector_network.run(image, BlazePoseDetectorOptions(), times, worker.detections_img);
      timings.detect_ms = lap_ms(mark);
    }
    tracker.begin_frame(search ? &worker.detections_img : nullptr);
    worker.landmark_network.run(image, tracker.rois(), times, worker.bodies_img);
    if (!tracker.rois().empty()) timings.person_ms = lap_ms(mark) / static_cast<float>(tracker.rois().size());
    Estimate& estimate = worker.estimate;
    estimate.instances.clear(static_cast<int>(kBlazePoseKeypoints));
    tracker.finish_frame(worker.bodies_img, to_nanoseconds(job.frame.time_ms), estimate.instances);
    to_camera(frame.view, frame.width(), frame.height(), estimate.instances);
    const float total_ms = ms_between(begin, Clock::now());
    timings.wait_ms = ms_between(job.submitted, begin);
    timings.preprocess_ms = times.preprocess_ms;
    timings.infer_ms = times.infer_ms;
    timings.decode_ms = total_ms - times.preprocess_ms - times.infer_ms;
    estimate.timings = timings;
    return estimate;
  }

  BlazePoseOptions options_;
  std::unique_ptr<CompiledModel> detector_;
  std::unique_ptr<CompiledModel> landmarks_;
  CameraStates<BlazePoseTracker> trackers_;
  std::vector<std::unique_ptr<Worker>> workers_;
  /** The last member, as its end waits for the frames that use the others. */
  CameraWorkers threads_{{[this](const CameraJob& job, size_t worker) -> const Estimate& {
                            return estimate(job, *workers_[worker]);
                          },
                          [this](int camera) { trackers_.of(camera, options_.tracking).forget(); }}};
};

}  // namespace

std::unique_ptr<Estimator> make_blazepose_estimator(std::unique_ptr<CompiledModel> detector,
                                                    std::unique_ptr<CompiledModel> landmarks,
                                                    const BlazePoseOptions& options) {
  auto estimator = std::make_unique<BlazePoseEstimator>(std::move(detector), std::move(landmarks), options);
  estimator->start();
  return estimator;
}

}  // namespace pose
