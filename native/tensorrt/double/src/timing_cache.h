#pragma once

#include <NvInfer.h>

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "live_objects.h"
#include "platform.h"

namespace sdk_double {

/** Which layers were timed, and where. */
class TimingCache : public nvinfer1::ITimingCache {
 public:
  /** An empty one of this platform. */
  TimingCache() : platform_(this_platform()) {}

  /** nullptr for bytes that are none. No bytes: an empty one. */
  static std::unique_ptr<TimingCache> read(std::string_view bytes);

  nvinfer1::IHostMemory* serialize() const noexcept override;

  const Platform& platform() const { return platform_; }
  void add(const std::string& layer) { layers_.insert(layer); }

 private:
  Platform platform_;
  std::set<std::string> layers_;
  Alive<&LiveObjects::timing_caches> alive_;
};

}  // namespace sdk_double
