#include "time_layers.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "sdk_log.h"
#include "timing_cache.h"

namespace sdk_double {
namespace {

#if NV_TENSORRT_MAJOR >= 10

struct PhasePlan {
  const char* name;
  const char* parent;
  int steps;
};

/** A phase of the build as the monitor, if there is one, sees it. */
class Phase {
 public:
  Phase(nvinfer1::IProgressMonitor* monitor, const PhasePlan& plan) : monitor_(monitor), name_(plan.name) {
    if (monitor_ != nullptr) monitor_->phaseStart(plan.name, plan.parent, plan.steps);
  }
  ~Phase() {
    if (monitor_ != nullptr) monitor_->phaseFinish(name_);
  }
  Phase(const Phase&) = delete;
  Phase& operator=(const Phase&) = delete;

  /** False: the build is to end. */
  bool complete(int step) { return monitor_ == nullptr || monitor_->stepComplete(name_, step); }

 private:
  nvinfer1::IProgressMonitor* monitor_;
  const char* name_;
};

#endif

/** Takes its share of the time. */
void time_layer(const NetworkLayer& layer, const BuilderConfig& config, std::chrono::microseconds share) {
  std::this_thread::sleep_for(share);
  // The interface has it const, and the builder writes to it all the same.
  auto* cache = const_cast<nvinfer1::ITimingCache*>(config.getTimingCache());
  if (cache != nullptr) static_cast<TimingCache*>(cache)->add(layer.getName());
}

bool time_all(const Network& network, const BuilderConfig& config,
              [[maybe_unused]] nvinfer1::ILogger& logger) {
  const auto count = static_cast<int>(network.layers().size());
  const auto share =
      std::chrono::microseconds(std::chrono::milliseconds(options().build_ms)) / std::max(count, 1);
#if NV_TENSORRT_MAJOR >= 10
  Phase whole(config.progress_monitor(), {"Building Engine", nullptr, 2});
  {
    Phase timing(config.progress_monitor(), {"Timing layers", "Building Engine", std::max(count, 1)});
    for (int i = 0; i < count; ++i) {
      time_layer(network.layers()[static_cast<size_t>(i)], config, share);
      if (!timing.complete(i)) return false;
    }
  }
  return whole.complete(0) && whole.complete(1);
#else
  for (const NetworkLayer& layer : network.layers()) {
    log_verbose(logger, std::string("=============== Computing costs for ") + layer.getName());
    time_layer(layer, config, share);
  }
  return true;
#endif
}

}  // namespace

bool time_layers(const Network& network, const BuilderConfig& config, nvinfer1::ILogger& logger) {
  bool is_complete = false;
  std::thread thread([&] { is_complete = time_all(network, config, logger); });
  thread.join();
  return is_complete;
}

}  // namespace sdk_double
