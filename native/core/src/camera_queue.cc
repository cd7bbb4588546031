#include "camera_queue.h"

#include <algorithm>
#include <utility>

namespace pose {

void CameraQueue::push(CameraJob job) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_all();
}

std::optional<CameraJob> CameraQueue::take() {
  std::unique_lock<std::mutex> lock(mutex_);
  std::deque<CameraJob>::iterator ready;
  changed_.wait(lock, [&] {
    ready = find_ready();
    return ready != jobs_.end() || (closed_ && jobs_.empty());
  });
  if (ready == jobs_.end()) return std::nullopt;
  std::optional<CameraJob> job = std::move(*ready);
  jobs_.erase(ready);
  busy_cameras_.push_back(job->frame.camera);
  return job;
}

void CameraQueue::finished(int camera) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    busy_cameras_.erase(std::find(busy_cameras_.begin(), busy_cameras_.end(), camera));
  }
  changed_.notify_all();
}

void CameraQueue::close() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

/** The oldest job whose camera is idle. */
std::deque<CameraJob>::iterator CameraQueue::find_ready() {
  return std::find_if(jobs_.begin(), jobs_.end(), [this](const CameraJob& job) {
    return std::find(busy_cameras_.begin(), busy_cameras_.end(), job.frame.camera) == busy_cameras_.end();
  });
}

}  // namespace pose
