#include "camera_clock.h"

#include <algorithm>
#include <cstdlib>

namespace pose {
namespace {

constexpr int64_t second = 1000000000;
/** In the first seconds a stream's stamps may be set right, as when its first sender report comes: windows
 * begin short. */
constexpr int64_t first_window = second;
/** A clock that is wrong by 100 ppm drifts by 2 ms in two of them. */
constexpr int64_t longest_window = 10 * second;
/** The camera was restarted, or its clock was set. */
constexpr int64_t jump = 5 * second;
/** Stamps that are further from 0 are of no clock; within it nothing overflows. */
constexpr int64_t furthest_stamp = int64_t{1} << 60;

}  // namespace

void CameraClock::begin(int64_t stamp, int64_t arrival) {
  window_ = first_window;
  window_end_ = arrival + window_;
  offset_ = arrival - stamp;
  offset_before_ = nothing;
  error_ = -1;
}

int64_t CameraClock::captured(int64_t stamp, int64_t arrival) {
  stamp = std::clamp(stamp, -furthest_stamp, furthest_stamp);
  const int64_t offset = arrival - stamp;
  const int64_t known = std::min(offset_, offset_before_);
  if (known == nothing || std::llabs(offset - known) > jump || std::llabs(stamp - last_stamp_) > jump) {
    begin(stamp, arrival);
  } else if (arrival >= window_end_) {
    // A window with a quicker one only mends what was thought before.
    if (offset_before_ != nothing) error_ = std::max<int64_t>(0, offset_ - offset_before_);
    offset_before_ = offset_;
    offset_ = offset;
    window_ = std::min(2 * window_, longest_window);
    window_end_ = arrival + window_;
  }
  offset_ = std::min(offset_, offset);
  last_stamp_ = stamp;
  const int64_t taken = stamp + std::min(offset_, offset_before_);
  last_captured_ = std::min(std::max(taken, last_captured_ + 1), arrival);
  return last_captured_;
}

int64_t CameraClock::error() const { return error_; }

}  // namespace pose
