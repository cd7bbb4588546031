#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace pose {

/** When each packet came in, by its time stamp: a decoder gives pictures later, and in another order. */
class Arrivals {
 public:
  /** What a packet has that has no time stamp. */
  static constexpr int64_t no_stamp = INT64_MIN;

  void add(int64_t stamp, int64_t at_ns) {
    last_ns_ = at_ns;
    if (stamp != no_stamp) entries_[next_++ % entries_.size()] = {stamp, at_ns};
  }

  int64_t of(int64_t stamp) const {
    for (size_t back = 1; back <= entries_.size(); ++back) {
      const auto& [known, at_ns] = entries_[(next_ - back) % entries_.size()];
      if (known == stamp && at_ns != 0) return at_ns;
    }
    return last_ns_;
  }

 private:
  static constexpr size_t remembered = 64;  // a power of 2, so that next_ may overflow
  std::array<std::pair<int64_t, int64_t>, remembered> entries_{};
  size_t next_ = 0;
  int64_t last_ns_ = 0;
};

}  // namespace pose
