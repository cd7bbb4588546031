#pragma once

#include <condition_variable>
#include <mutex>

#include "pose/engine.h"

namespace pose::addon {

/** Measurements of a session's network, which run on threads of their own: the network is not to be freed
 * under them. */
class Measurements {
 public:
  /** One that runs, as long as this object lives. Throws EngineError ENGINE_CLOSED after close(). */
  class Running {
   public:
    explicit Running(Measurements& all) : all_(all) {
      const std::lock_guard<std::mutex> lock(all_.mutex_);
      if (all_.closed_) throw EngineError("ENGINE_CLOSED", "the session is closed");
      ++all_.running_;
    }
    ~Running() {
      const std::lock_guard<std::mutex> lock(all_.mutex_);
      if (--all_.running_ == 0) all_.idle_.notify_all();
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    Measurements& all_;
  };

  /** From now on none begins; returns when those that run have ended. */
  void close() {
    std::unique_lock<std::mutex> lock(mutex_);
    closed_ = true;
    idle_.wait(lock, [this] { return running_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable idle_;
  int running_ = 0;
  bool closed_ = false;
};

}  // namespace pose::addon
