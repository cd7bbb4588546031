#pragma once

#include <limits>

namespace pose {

/** When a picture is to be shown that came before its time: of a recording, which a server hands out as fast
 * as it can, or of a playlist, whose pieces come all at once. Times in seconds, `now_s` on a clock that never
 * steps back. */
class Pace {
 public:
  /** What comes so late had to be waited for: from there on time is counted anew, else what follows would
   * come in bursts for ever. */
  static constexpr double late_s = 0.5;
  /** Longer than this no camera waits for its next picture: the time stamps have jumped. */
  static constexpr double ahead_s = 60;

  /** When to show what has this time stamp: `now_s`, or later. */
  double due_s(double stamp_s, double now_s);

 private:
  double begun_s_ = std::numeric_limits<double>::quiet_NaN();
};

}  // namespace pose
