#pragma once

#include <functional>
#include <thread>
#include <vector>

#include "camera_queue.h"

namespace pose {

/** What the threads of an estimator do; `worker` counts them from 0. */
struct CameraTasks {
  /** Works on a frame; the estimate is the worker's own and valid until its next. May throw. */
  std::function<const Estimate&(const CameraJob&, size_t worker)> estimate;
  std::function<void(int camera)> forget;
};

/** The threads of an estimator whose frames need what was found in the one before: frames of one camera are
 *  worked on one after the other, those of different cameras side by side. */
class CameraWorkers {
 public:
  explicit CameraWorkers(CameraTasks tasks) : tasks_(std::move(tasks)) {}
  CameraWorkers(const CameraWorkers&) = delete;
  CameraWorkers& operator=(const CameraWorkers&) = delete;
  /** Waits for what was submitted. */
  ~CameraWorkers();

  void start(int threads);
  void submit(const Frame& frame, Estimator::Done done);
  /** In its turn: after the frames that came before. */
  void forget(int camera);
  /** Frames that keep them busy: one more than there are threads, so that the next is at hand when one is
   *  through. */
  int capacity() const { return static_cast<int>(threads_.size()) + 1; }

 private:
  void work(size_t worker);

  CameraTasks tasks_;
  CameraQueue queue_;
  std::vector<std::thread> threads_;
};

}  // namespace pose
