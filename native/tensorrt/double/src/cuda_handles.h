#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "live_objects.h"
#include "misuse.h"

namespace sdk_double {

/** What CUDA gave out and has not yet taken back; counted as alive so long. A handle that is not here is a
 * misuse. */
template <typename Object, int LiveObjects::*kCount>
class Handles {
 public:
  explicit Handles(std::string kind) : kind_(std::move(kind)) {}

  Object* add(std::shared_ptr<Object> object) {
    Object* handle = object.get();
    count_live(kCount, 1);
    const std::lock_guard<std::mutex> lock(mutex_);
    objects_.emplace(handle, std::move(object));
    return handle;
  }

  std::shared_ptr<Object> get(const std::string& call, Object* handle) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = objects_.find(handle);
    if (found == objects_.end()) misuse(call, kind_ + " that was never created, or is destroyed");
    return found->second;
  }

  std::shared_ptr<Object> remove(const std::string& call, Object* handle) {
    std::shared_ptr<Object> object = get(call, handle);
    count_live(kCount, -1);
    const std::lock_guard<std::mutex> lock(mutex_);
    objects_.erase(handle);
    return object;
  }

  std::vector<std::shared_ptr<Object>> all() {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::vector<std::shared_ptr<Object>> objects;
    for (const auto& [handle, object] : objects_) objects.push_back(object);
    return objects;
  }

 private:
  std::string kind_;
  std::mutex mutex_;
  std::map<Object*, std::shared_ptr<Object>> objects_;
};

}  // namespace sdk_double
