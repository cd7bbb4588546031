#include "arrivals.h"

namespace pose {

void Arrivals::start(InferRequest& request) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ++awaited_;
  }
  try {
    request.start([this](std::exception_ptr error) { arrive(error); });
  } catch (...) {
    arrive(std::current_exception());
  }
}

void Arrivals::wait() {
  wait_for_all();
  if (error_) std::rethrow_exception(error_);
}

void Arrivals::wait_for_all() {
  std::unique_lock<std::mutex> lock(mutex_);
  all_here_.wait(lock, [this] { return awaited_ == 0; });
}

void Arrivals::arrive(std::exception_ptr error) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (error && !error_) error_ = error;
  // Under the lock: after it the waiting side may be gone already.
  if (--awaited_ == 0) all_here_.notify_all();
}

}  // namespace pose
