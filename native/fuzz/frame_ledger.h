#pragma once

#include <cmath>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "blazepose_input.h"
#include "pose/estimator.h"

namespace pose::fuzz {

/** Follows the frames that an estimator was given: each is answered once, with people or with an error, and
 * the frames of a camera in the order they came. */
class FrameLedger {
 public:
  using Check = std::function<void(int camera, const Estimate& estimate)>;

  /** `check` is called under a lock for every frame with people. */
  explicit FrameLedger(Check check) : check_(std::move(check)) {}

  void submit(Estimator& estimator, const Frame& frame) {
    size_t number = 0;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      number = submitted_[frame.camera]++;
      ++open_;
    }
    estimator.submit(frame, [this, number, camera = frame.camera](const Estimate* estimate,
                                                                  const std::exception_ptr& error) {
      const std::lock_guard<std::mutex> lock(mutex_);
      require((estimate == nullptr) == static_cast<bool>(error));
      require(number == finished_[camera]++);
      if (estimate != nullptr) check_(camera, *estimate);
      --open_;
      changed_.notify_all();
    });
  }
  /** Waits until so many frames are not answered yet. */
  void await_open(size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return open_ == count; });
  }

 private:
  Check check_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int, size_t> submitted_;
  std::map<int, size_t> finished_;
  size_t open_ = 0;
};

/** A picture of some size, or one that is none. */
inline ImageView take_picture(Input& input) {
  static const std::vector<uint8_t> pixels(static_cast<size_t>(96 * 64 * 3), 90);
  const auto kind = input.take<uint8_t>();
  const int width = 1 + kind % 96;
  const int height = 1 + input.take<uint8_t>() % 64;
  if (kind == 255) return {nullptr, width, height, width * 3};
  if (kind == 254) return {pixels.data(), 0, height, 0};
  if (kind == 253) return {pixels.data(), width, -height, width * 3};
  return {pixels.data(), width, height, width * 3};
}

inline bool is_picture(const ImageView& image) {
  return image.data != nullptr && image.width > 0 && image.height > 0;
}

/** Coordinates and scores of a frame's people are numbers; what is absent is absent whole. */
inline void require_sound(const Instances& people, int keypoints) {
  require(people.keypoint_count == keypoints);
  require(people.keypoints.size() == people.size() * static_cast<size_t>(keypoints));
  for (const Instances::Header& header : people.headers) {
    require(header.score >= 0.0F && header.score <= 1.0F);
    require(std::isfinite(header.raw_score));
  }
  for (const Keypoint& keypoint : people.keypoints) {
    require(keypoint.score >= 0.0F && keypoint.score <= 1.0F);
    if (!keypoint.present()) {
      require(std::isnan(keypoint.y));
      continue;
    }
    require(std::isfinite(keypoint.x) && std::isfinite(keypoint.y));
  }
}

}  // namespace pose::fuzz
