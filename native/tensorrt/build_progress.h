#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "pose/engine.h"

namespace pose {

/** Tells every second how far a build is, from its making to its end. */
class BuildProgress {
 public:
  /** `fraction` gives 0 to 1, or NaN where it is not known; called on a thread of this object. Nothing is
   * told where `tell` is empty. */
  BuildProgress(std::string path, std::function<double()> fraction,
                std::function<void(const CompileProgress&)> tell);
  ~BuildProgress();
  BuildProgress(const BuildProgress&) = delete;
  BuildProgress& operator=(const BuildProgress&) = delete;

  /** The last word: all of it is done. */
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  void run();
  void stop();
  CompileProgress now(double fraction) const;

  std::string path_;
  std::function<double()> fraction_;
  std::function<void(const CompileProgress&)> tell_;
  Clock::time_point begin_ = Clock::now();
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace pose
