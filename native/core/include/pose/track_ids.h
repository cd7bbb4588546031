#pragma once

#include <cstdint>

namespace pose {

/** Ids cross into JavaScript as floats, which are exact up to there. */
constexpr int32_t kLastTrackId = (1 << 24) - 1;

/** The ids that a tracker gives: 1, 2, 3 and on, and after the last they begin anew. */
class TrackIds {
 public:
  explicit TrackIds(int32_t first = 1) : next_(first) {}

  int32_t take() {
    const int32_t id = next_;
    next_ = id % kLastTrackId + 1;
    return id;
  }

 private:
  int32_t next_;
};

}  // namespace pose
