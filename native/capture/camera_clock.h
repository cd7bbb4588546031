#pragma once

#include <cstdint>
#include <limits>

namespace pose {

/** Carries the time stamps of a camera's pictures over to CLOCK_MONOTONIC. The camera's clock starts anywhere
 * and drifts, and a picture takes a while to come, now more and now less: the quickest of the latest ones
 * tells how the two clocks lie. What that one took on its way is not known here, and is left in. All times in
 * nanoseconds. */
class CameraClock {
 public:
  /** When the picture stamped `stamp` that came at `arrival` was taken: not after it came, nor before the one
   * before it. */
  int64_t captured(int64_t stamp, int64_t arrival);

  /** By how much the quickest picture of the last window was slower than that of the one before: so far
   * captured() may be wrong. Not known (-1) within the first two windows. */
  int64_t error() const;

 private:
  static constexpr int64_t nothing = std::numeric_limits<int64_t>::max();

  void begin(int64_t stamp, int64_t arrival);

  int64_t window_ = 0;
  int64_t window_end_ = 0;
  int64_t offset_ = nothing;         ///< arrival - stamp, the least of this window
  int64_t offset_before_ = nothing;  ///< of the one before
  int64_t error_ = -1;
  int64_t last_stamp_ = 0;
  int64_t last_captured_ = 0;
};

}  // namespace pose
