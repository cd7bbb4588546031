#include "pace.h"

#include <algorithm>

namespace pose {

double Pace::due_s(double stamp_s, double now_s) {
  const double due_s = begun_s_ + stamp_s;
  // Not so with NaN either: the first picture is shown when it comes.
  if (due_s >= now_s - late_s && due_s <= now_s + ahead_s) return std::max(due_s, now_s);
  begun_s_ = now_s - stamp_s;
  return now_s;
}

}  // namespace pose
