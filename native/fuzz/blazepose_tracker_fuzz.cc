#include <cmath>

#include "blazepose_input.h"
#include "heap_bytes.h"
#include "pose/blazepose_tracker.h"
#include "track_ids.h"

namespace {

using pose::fuzz::Input;
using pose::fuzz::require;

/** Decoded landmarks lie up to a hundred crops away, and a crop is a million pixels at most. */
float take_place(Input& input) {
  const auto kind = input.take<uint8_t>();
  if (kind % 16 == 15) return static_cast<float>(input.take<int32_t>()) / 20.0F;
  return static_cast<float>(input.take<int16_t>()) / 16.0F;
}

void take_detections(Input& input, std::vector<pose::BlazePoseDetection>& detections) {
  detections.resize(input.take<uint8_t>() % 8);
  for (pose::BlazePoseDetection& detection : detections) {
    detection.score = 0.9F;
    for (pose::ImagePoint& point : detection.points) {
      const bool any = input.take<uint8_t>() % 16 == 15;
      point = {any ? input.take<float>() : take_place(input), take_place(input)};
    }
  }
}

void take_body(Input& input, const pose::Roi& roi, pose::BlazePoseBody& body) {
  const auto style = input.take<uint8_t>();
  body.found = style % 8 != 7;
  body.flag = 0.9F;
  const pose::RoiProjection projection(roi);
  for (pose::BlazePoseLandmark& landmark : body.landmarks) {
    const pose::ImagePoint point = projection.to_image(static_cast<float>(input.take<uint8_t>()) / 255.0F,
                                                       static_cast<float>(input.take<uint8_t>()) / 255.0F);
    landmark = {point.x_img, point.y_img, 0.0F, 0.7F, 0.8F};
  }
  if (style % 4 == 2) {
    for (size_t i = 0; i < 4; ++i) {
      pose::BlazePoseLandmark& landmark = body.landmarks[input.take<uint8_t>() % pose::kBlazePoseLandmarks];
      landmark = {take_place(input), take_place(input), take_place(input),
                  static_cast<float>(input.take<uint8_t>()) / 255.0F, 1.0F};
    }
  }
}

}  // namespace

/** Any detections, bodies and times, frame after frame, also frames that are given up and cameras that are
 * forgotten: keypoints are finite, ids nobody else's and in the order in which people came, and nothing
 * grows. */
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  pose::BlazePoseTrackerOptions options;
  options.max_people = 1 + input.take<uint8_t>() % 5;
  options.detector_interval = 1 + input.take<uint8_t>() % 6;
  const auto flags = input.take<uint8_t>();
  options.smooth = (flags & 1) != 0;
  options.static_image = (flags & 14) == 14;

  static std::vector<pose::BlazePoseDetection> detections;
  static std::vector<pose::BlazePoseBody> bodies;
  static pose::Instances people;
  pose::BlazePoseTracker tracker(options);
  pose::fuzz::TrackIdsOfACamera ids;
  int64_t time_ns = 0;
  const size_t before = pose::fuzz::heap_bytes();
  for (int frame = 0; frame < 100 && !input.empty(); ++frame) {
    const auto what = input.take<uint8_t>();
    if (what == 255) {
      tracker.forget();
      ids.forget();
    }
    // Mostly some milliseconds; also backwards, and any time at all.
    const int64_t step = input.take<int32_t>();
    time_ns = what % 16 == 15 ? input.take<int64_t>() : (time_ns / 2) + step;
    const bool search = tracker.wants_detections() || what % 16 == 14;
    if (search) take_detections(input, detections);
    tracker.begin_frame(search ? &detections : nullptr);
    require(tracker.rois().size() <= static_cast<size_t>(options.max_people));
    for (const pose::Roi& roi : tracker.rois()) require(pose::is_usable(roi));
    if (what % 16 == 13) continue;  // begun and never finished
    bodies.resize(tracker.rois().size());
    for (size_t i = 0; i < bodies.size(); ++i) take_body(input, tracker.rois()[i], bodies[i]);
    people.clear(pose::kBlazePoseKeypoints);
    tracker.finish_frame(bodies, time_ns, people);

    require(people.size() <= bodies.size());
    for (const pose::Keypoint& keypoint : people.keypoints) {
      require(std::isfinite(keypoint.x) && std::isfinite(keypoint.y));
      require(keypoint.score >= 0.0F && keypoint.score <= 1.0F);
    }
    for (size_t i = 0; i < people.size(); ++i) {
      const pose::Instances::Header& header = people.headers[i];
      require(header.score >= 0.0F && header.score <= 1.0F);
      if (options.static_image) require(header.track_id == -1);
      if (!options.static_image && i > 0) require(header.track_id > people.headers[i - 1].track_id);
    }
    if (!options.static_image) ids.check(people);
  }
  // A body's filters are some 10 KiB; there are never more than for the most people at once.
  require(pose::fuzz::heap_bytes() < before + (size_t{1} << 18));
  return 0;
}
