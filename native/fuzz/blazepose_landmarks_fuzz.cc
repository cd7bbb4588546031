#include <cmath>

#include "blazepose_input.h"
#include "pose/blazepose_tracker.h"

using pose::fuzz::require;

/** Any landmark tensors, frame after frame through the tracker, give finite keypoints with scores of 0 to 1,
 * no more people than allowed, and squares that can be cropped. */
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pose::fuzz::Input input(data, size);
  pose::BlazePoseTrackerOptions options;
  options.max_people = 1 + input.take<uint8_t>() % 3;
  const auto flags = input.take<uint8_t>();
  options.smooth = (flags & 1) != 0;
  options.static_image = (flags & 2) != 0;
  options.detector_interval = 1 + (flags >> 2) % 4;
  pose::BlazePoseTracker tracker(options);
  std::vector<pose::BlazePoseBody> bodies;
  pose::Instances people;
  int64_t time_ns = 0;
  for (int frame = 0; frame < 6 && !input.empty(); ++frame) {
    std::vector<pose::BlazePoseDetection> detections(input.take<uint8_t>() % 4);
    for (pose::BlazePoseDetection& detection : detections) {
      for (pose::ImagePoint& point : detection.points) {
        point = {static_cast<float>(input.take<int16_t>()), static_cast<float>(input.take<int16_t>())};
      }
    }
    tracker.begin_frame(tracker.wants_detections() ? &detections : nullptr);
    require(tracker.rois().size() <= static_cast<size_t>(options.max_people));
    bodies.resize(tracker.rois().size());
    for (size_t i = 0; i < bodies.size(); ++i) {
      require(pose::is_usable(tracker.rois()[i]));
      const std::vector<float> landmarks = input.tensor(195, 128.0F, 20);
      const std::vector<float> heatmaps = input.tensor(64 * 64 * 39, input.take<float>(), 20);
      const float flag = input.take<uint8_t>() == 0 ? input.take<float>() : 0.9F;
      pose::decode_blazepose_landmarks(
          {{landmarks.data(), {1, 195}}, {&flag, {1, 1}}, {heatmaps.data(), {1, 64, 64, 39}}}, bodies[i]);
      if (bodies[i].found) pose::project_blazepose_landmarks(tracker.rois()[i], bodies[i].landmarks);
    }
    people.clear(pose::kBlazePoseKeypoints);
    time_ns += input.take<int32_t>();
    tracker.finish_frame(bodies, time_ns, people);
    require(people.size() <= static_cast<size_t>(options.max_people));
    for (const pose::Keypoint& keypoint : people.keypoints) {
      require(std::isfinite(keypoint.x) && std::isfinite(keypoint.y));
      require(keypoint.score >= 0.0F && keypoint.score <= 1.0F);
    }
  }
  return 0;
}
