#include "work_queue.h"

#include <utility>

#include "faults.h"

namespace sdk_double {

void execute(const Work& work) {
  if (!work.is_signal) {
    if (device_is_broken()) return;
    if (work.computes && next_execution_strikes()) return;
  }
  work.run();
}

WorkQueue::WorkQueue() : thread_([this] { run(); }) {}

WorkQueue::~WorkQueue() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void WorkQueue::push(Work work) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    works_.push_back(std::move(work));
  }
  changed_.notify_all();
}

void WorkQueue::wait() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return works_.empty() && !is_busy_; });
}

bool WorkQueue::is_idle() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return works_.empty() && !is_busy_;
}

void WorkQueue::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return is_ending_ || !works_.empty(); });
    if (works_.empty()) return;
    {
      const Work work = std::move(works_.front());
      works_.pop_front();
      is_busy_ = true;
      lock.unlock();
      execute(work);
    }
    lock.lock();
    is_busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace sdk_double
