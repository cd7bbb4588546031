#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "pose/estimator.h"

namespace pose {

/** A frame to be worked on, or where `done` is empty, word that its camera is to be forgotten. */
struct CameraJob {
  Frame frame;
  Estimator::Done done;
  std::chrono::steady_clock::time_point submitted;
};

/** First in, first out, for several workers, with one job of a camera in work at a time. */
class CameraQueue {
 public:
  void push(CameraJob job);
  /** Waits for a job whose camera nobody works on, and takes it; nothing once the queue is closed and empty.
   */
  std::optional<CameraJob> take();
  /** The worker that took a job of this camera is through with it. */
  void finished(int camera);
  /** No more jobs will come; those that came are still handed out. */
  void close();

 private:
  std::deque<CameraJob>::iterator find_ready();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<CameraJob> jobs_;
  std::vector<int> busy_cameras_;
  bool closed_ = false;
};

}  // namespace pose
