#include "patience.h"

#include <algorithm>
#include <cmath>

namespace pose {

void Patience::picture(double now_s, double stamped_s) {
  // The first comparison with NaN is false: one picture has no interval.
  if (now_s >= last_s_) intervals_[count_++ % remembered] = std::max(now_s - last_s_, stamped_s);
  last_s_ = now_s;
}

double Patience::silence_s() const {
  if (configured_s_ > 0) return configured_s_;
  // Until the first picture it may take as long as from one key frame to the next.
  if (count_ == 0) return std::isnan(last_s_) ? unknown_pace_s : usual_s_;
  const auto known = std::min(count_, remembered);
  const double longest = *std::max_element(intervals_.begin(), intervals_.begin() + static_cast<long>(known));
  return std::clamp(3 * longest, shortest_s, longest_s);
}

double Patience::without_picture_s() const { return std::max(silence_s(), without_key_frame_s); }

}  // namespace pose
