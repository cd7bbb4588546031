#include "camera_workers.h"

#include <exception>
#include <utility>

namespace pose {

CameraWorkers::~CameraWorkers() {
  queue_.close();
  for (std::thread& thread : threads_) thread.join();
}

void CameraWorkers::start(int threads) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this, worker = static_cast<size_t>(i)] { work(worker); });
  }
}

void CameraWorkers::submit(const Frame& frame, Estimator::Done done) {
  queue_.push({frame, std::move(done), std::chrono::steady_clock::now()});
}

void CameraWorkers::forget(int camera) {
  Frame frame;
  frame.camera = camera;
  queue_.push({frame, nullptr, std::chrono::steady_clock::now()});
}

void CameraWorkers::work(size_t worker) {
  while (std::optional<CameraJob> job = queue_.take()) {
    if (job->done) {
      const Estimate* estimate = nullptr;
      std::exception_ptr error;
      try {
        estimate = &tasks_.estimate(*job, worker);
      } catch (...) {
        error = std::current_exception();
      }
      job->done(estimate, error);
    } else {
      tasks_.forget(job->frame.camera);
    }
    queue_.finished(job->frame.camera);
  }
}

}  // namespace pose
