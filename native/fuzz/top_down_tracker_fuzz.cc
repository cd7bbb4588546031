#include <cmath>

#include "blazepose_input.h"
#include "heap_bytes.h"
#include "pose/top_down_tracker.h"
#include "track_ids.h"

namespace {

using pose::fuzz::Input;
using pose::fuzz::require;

float fraction(Input& input) { return static_cast<float>(input.take<uint8_t>()) / 255.0F; }

/** A place of a picture; one time in 16 any bits at all. */
float take_place(Input& input) {
  const auto kind = input.take<uint8_t>();
  return kind % 16 == 15 ? input.take<float>() : static_cast<float>(input.take<int16_t>()) / 8.0F;
}

void take_detections(Input& input, std::vector<pose::Detection>& detections) {
  detections.resize(input.take<uint8_t>() % 20);
  float score = 1.0F;
  for (pose::Detection& box : detections) {
    score *= fraction(input);
    const float x = take_place(input);
    const float y = take_place(input);
    box = {score, x, y, x + take_place(input), y + take_place(input)};
  }
}

/** What a network may say of the people in `boxes`: finite keypoints, most of them within the box. */
void take_people(Input& input, const std::vector<pose::Detection>& boxes, int keypoints,
                 pose::Instances& people) {
  people.clear(keypoints);
  for (const pose::Detection& box : boxes) {
    pose::Keypoint* keypoint = people.append({fraction(input), fraction(input), -1});
    const auto style = input.take<uint8_t>();
    for (int i = 0; i < keypoints; ++i) {
      if (style % 8 == 7 && i % 2 == 0) continue;  // absent
      const float x =
          style % 16 == 6 ? take_place(input) : box.x_min + fraction(input) * (box.x_max - box.x_min);
      const float y =
          style % 16 == 6 ? take_place(input) : box.y_min + fraction(input) * (box.y_max - box.y_min);
      if (std::isfinite(x) && std::isfinite(y)) keypoint[i] = {x, y, fraction(input)};
    }
  }
}

void require_usable(const std::vector<pose::Detection>& boxes, int max_people) {
  require(boxes.size() <= static_cast<size_t>(max_people));
  for (const pose::Detection& box : boxes) {
    require(std::isfinite(box.x_min) && std::isfinite(box.y_min));
    require(box.x_max > box.x_min && box.y_max > box.y_min);
    require(std::isfinite(box.x_max) && std::isfinite(box.y_max));
  }
}

/** The people are those that were looked at, each once and unchanged. */
void require_taken_over(const pose::Instances& people, const pose::Instances& looked_at) {
  size_t from = 0;
  for (size_t i = 0; i < people.size(); ++i) {
    const auto same = [&](size_t other) {
      if (people.headers[i].score != looked_at.headers[other].score) return false;
      for (int k = 0; k < people.keypoint_count; ++k) {
        const pose::Keypoint& a = people.keypoints_of(i)[k];
        const pose::Keypoint& b = looked_at.keypoints_of(other)[k];
        if (a.present() != b.present() || (a.present() && (a.x != b.x || a.y != b.y))) return false;
      }
      return true;
    };
    while (from < looked_at.size() && !same(from)) ++from;
    require(from++ < looked_at.size());
  }
}

}  // namespace

/** Any detections and keypoints, frame after frame, also frames that are given up and cameras that are
 * forgotten: ids are nobody else's, boxes can be cropped, people stay as they were found, and nothing grows.
 */
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  pose::TopDownTrackerOptions options;
  options.max_people = 1 + input.take<uint8_t>() % 12;
  options.detector_interval = 1 + input.take<uint8_t>() % 6;
  options.keypoint_threshold = fraction(input);
  const int keypoints = 1 + input.take<uint8_t>() % 18;

  static std::vector<pose::Detection> detections;
  static pose::Instances looked_at;
  static pose::Instances people;
  pose::TopDownTracker tracker(options);
  pose::fuzz::TrackIdsOfACamera ids;
  pose::ImageSize image{640, 480};
  const size_t before = pose::fuzz::heap_bytes();
  for (int frame = 0; frame < 100 && !input.empty(); ++frame) {
    const auto what = input.take<uint8_t>();
    if (what == 255) {
      tracker.forget();
      ids.forget();
    }
    if (what % 32 == 31) image = {1 + input.take<uint16_t>() % 4000, 1 + input.take<uint16_t>() % 4000};
    const bool search = tracker.wants_detections() || what % 16 == 14;
    if (search) take_detections(input, detections);
    tracker.begin_frame(search ? &detections : nullptr);
    require_usable(tracker.boxes(), options.max_people);
    if (what % 16 == 13) continue;  // begun and never finished
    take_people(input, tracker.boxes(), keypoints, looked_at);
    people.clear(keypoints);
    tracker.finish_frame(looked_at, image, people);
    require(people.size() <= static_cast<size_t>(options.max_people));
    ids.check(people);
    require_taken_over(people, looked_at);
  }
  // Whatever the frames were: lists of some people, of their pairs with 20 detections, and this test's own.
  require(pose::fuzz::heap_bytes() < before + (size_t{1} << 17));
  return 0;
}
