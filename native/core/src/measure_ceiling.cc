#include "pose/measure_ceiling.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

namespace pose {
namespace {

using Clock = std::chrono::steady_clock;

/** Requests that start themselves again until the time is over. */
class BackToBack {
 public:
  BackToBack(CompiledModel& model, int requests, double seconds)
      : seconds_(seconds), runners_(static_cast<size_t>(requests)) {
    for (Runner& runner : runners_) runner.request = model.create_request();
  }

  Ceiling run() {
    // One each to warm up: first inferences allocate.
    for (Runner& runner : runners_) runner.request->infer();
    begin_ = Clock::now();
    running_ = static_cast<int>(runners_.size());
    for (Runner& runner : runners_) start(runner);
    std::unique_lock<std::mutex> lock(mutex_);
    idle_.wait(lock, [this] { return running_ == 0; });
    if (error_) std::rethrow_exception(error_);
    return summary();
  }

 private:
  struct Runner {
    std::unique_ptr<InferRequest> request;
    Clock::time_point started;
    std::vector<double> latencies_ms;
  };

  void start(Runner& runner) {
    runner.started = Clock::now();
    try {
      runner.request->start([this, &runner](std::exception_ptr error) { finished(runner, error); });
    } catch (...) {
      stop(std::current_exception());
    }
  }

  void finished(Runner& runner, std::exception_ptr error) {
    const Clock::time_point now = Clock::now();
    if (error) return stop(error);
    runner.latencies_ms.push_back(std::chrono::duration<double, std::milli>(now - runner.started).count());
    if (std::chrono::duration<double>(now - begin_).count() >= seconds_) return stop(nullptr);
    start(runner);
  }

  void stop(std::exception_ptr error) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (error && !error_) error_ = error;
    end_ = Clock::now();
    if (--running_ == 0) idle_.notify_one();
  }

  Ceiling summary() const {
    std::vector<double> all;
    for (const Runner& runner : runners_)
      all.insert(all.end(), runner.latencies_ms.begin(), runner.latencies_ms.end());
    std::sort(all.begin(), all.end());
    Ceiling ceiling;
    ceiling.inferences = static_cast<int64_t>(all.size());
    ceiling.fps = static_cast<double>(all.size()) / std::chrono::duration<double>(end_ - begin_).count();
    ceiling.latency_p50_ms = all.at(all.size() / 2);
    ceiling.latency_p95_ms = all.at(all.size() * 95 / 100);
    return ceiling;
  }

  double seconds_;
  Clock::time_point begin_;
  Clock::time_point end_;
  std::mutex mutex_;
  std::condition_variable idle_;
  int running_ = 0;
  std::exception_ptr error_;
  std::vector<Runner> runners_;  // last: its requests end before what their callbacks touch
};

}  // namespace

Ceiling measure_ceiling(CompiledModel& model, int requests, double seconds) {
  return BackToBack(model, std::max(requests, 1), seconds).run();
}

}  // namespace pose
