#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "work.h"

namespace sdk_double {

/** Does one piece of work unless the device is broken, or breaks by it. */
void execute(const Work& work);

/** A thread that does work in its order. */
class WorkQueue {
 public:
  WorkQueue();
  /** Ends when everything queued is done. */
  ~WorkQueue();
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  void push(Work work);
  /** Until all that was queued before is done. */
  void wait();
  bool is_idle();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> works_;
  bool is_busy_ = false;
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace sdk_double
