#pragma once

#include <functional>

namespace sdk_double {

/** What a stream does in its turn, and a graph repeats. */
struct Work {
  std::function<void()> run;
  bool computes = false;   ///< a kernel, a network or a graph: may strike an illegal address
  bool is_signal = false;  ///< wakes who waits, on a broken device as well
};

}  // namespace sdk_double
