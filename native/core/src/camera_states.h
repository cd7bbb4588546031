#pragma once

#include <map>
#include <mutex>
#include <utility>

namespace pose {

/** What is remembered of each camera, made when it is first asked for. Only one worker at a time is at a
 *  camera, so a state itself needs no lock. */
template <class State>
class CameraStates {
 public:
  /** Arguments of a new state. */
  template <class... Arguments>
  State& of(int camera, Arguments&&... arguments) {
    std::lock_guard<std::mutex> lock(mutex_);
    return states_.try_emplace(camera, std::forward<Arguments>(arguments)...).first->second;
  }

 private:
  std::mutex mutex_;
  std::map<int, State> states_;
};

}  // namespace pose
