#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>

#include "pose/engine.h"

namespace pose {

/** Waits until a number of requests are through and keeps the first error. */
class Arrivals {
 public:
  Arrivals() = default;
  Arrivals(const Arrivals&) = delete;
  Arrivals& operator=(const Arrivals&) = delete;
  /** Nothing is in flight afterwards, also where an exception passes by. */
  ~Arrivals() { wait_for_all(); }

  void start(InferRequest& request);
  /** Rethrows the first error once all have arrived. */
  void wait();

 private:
  void wait_for_all();
  void arrive(std::exception_ptr error);

  std::mutex mutex_;
  std::condition_variable all_here_;
  int awaited_ = 0;
  std::exception_ptr error_;
};

}  // namespace pose
