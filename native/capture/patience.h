#pragma once

#include <array>
#include <cstddef>
#include <limits>

namespace pose {

/** How long a camera may be silent before it counts as away: as configured, or by the pace it was seen to
 * have. Times in seconds on a clock that never steps back. */
class Patience {
 public:
  /** Before two pictures came nobody knows the pace: long enough for one picture in 10 s. */
  static constexpr double unknown_pace_s = 15;
  static constexpr double shortest_s = 4;
  static constexpr double longest_s = 60;
  /** For a picture where data flows that gives none: until the next key frame of a long group of pictures. */
  static constexpr double without_key_frame_s = 60;

  /** `configured_s`: 0 to go by the pace. `usual_s`: silence_s() of the camera when it was read last. */
  explicit Patience(double configured_s, double usual_s = unknown_pace_s)
      : configured_s_(configured_s), usual_s_(usual_s) {}

  /** `stamped_s`: from the picture before to this one by the camera's own stamps; 0 where that is not known.
   * What a server kept comes at once, and does not say how fast the camera is. */
  void picture(double now_s, double stamped_s = 0);
  /** For the next piece of data. */
  double silence_s() const;
  /** For the next picture while data comes. */
  double without_picture_s() const;

 private:
  static constexpr size_t remembered = 16;

  double configured_s_;
  double usual_s_;
  double last_s_ = std::numeric_limits<double>::quiet_NaN();
  std::array<double, remembered> intervals_{};
  size_t count_ = 0;
};

}  // namespace pose
