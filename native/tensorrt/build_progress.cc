#include "build_progress.h"

#include <utility>

namespace pose {

BuildProgress::BuildProgress(std::string path, std::function<double()> fraction,
                             std::function<void(const CompileProgress&)> tell)
    : path_(std::move(path)), fraction_(std::move(fraction)), tell_(std::move(tell)) {
  if (tell_) thread_ = std::thread([this] { run(); });
}

BuildProgress::~BuildProgress() { stop(); }

void BuildProgress::finish() {
  stop();
  if (tell_) tell_(now(1.0));
}

void BuildProgress::stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void BuildProgress::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  do {
    tell_(now(fraction_()));
  } while (!changed_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_; }));
}

CompileProgress BuildProgress::now(double fraction) const {
  return {path_, fraction, std::chrono::duration<double, std::milli>(Clock::now() - begin_).count()};
}

}  // namespace pose
