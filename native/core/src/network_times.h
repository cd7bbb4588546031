#pragma once

#include <chrono>

namespace pose {

/** Time spent beside decoding, summed up over the networks of a frame. */
struct NetworkTimes {
  float preprocess_ms = 0.0F;
  float infer_ms = 0.0F;
};

inline float ms_between(std::chrono::steady_clock::time_point from,
                        std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<float, std::milli>(to - from).count();
}

/** Milliseconds since `mark`, which moves to now. */
inline float lap_ms(std::chrono::steady_clock::time_point& mark) {
  const std::chrono::steady_clock::time_point before = mark;
  mark = std::chrono::steady_clock::now();
  return ms_between(before, mark);
}

}  // namespace pose
