#pragma once

#include <NvInfer.h>

#include <cmath>
#include <limits>

#include "phase_progress.h"
#include "tensorrt_log.h"

namespace pose {

#if NV_TENSORRT_MAJOR >= 10

/** How far a build is: TensorRT tells it from version 10 on. */
class BuildMonitor : public nvinfer1::IProgressMonitor {
 public:
  /** To be called before the build; this must outlive it. */
  void watch(nvinfer1::IBuilderConfig& config, int /*layers*/) { config.setProgressMonitor(this); }
  /** 0 to 0.99; 1 is for whoever has the plan. */
  double fraction() { return std::fmin(phases_.fraction(), 0.99); }

  void phaseStart(const char* phase, const char* parent, int32_t steps) noexcept override {
    phases_.start(phase, parent == nullptr ? "" : parent, steps);
  }
  bool stepComplete(const char* phase, int32_t step) noexcept override {
    phases_.complete_step(phase, step);
    return true;
  }
  void phaseFinish(const char* phase) noexcept override { phases_.finish(phase); }

 private:
  PhaseProgress phases_;
};

#else

/** How far a build is: before version 10 its log alone shows it, by a line for each layer that is timed.
 * Layers are fused before that, so the last part is passed over. */
class BuildMonitor {
 public:
  void watch(nvinfer1::IBuilderConfig& /*config*/, int layers) {
    layers_ = layers;
    timed_before_ = tensorrt_log().timed_layers();
  }
  /** 0 to 0.99; NaN before the first layer. */
  double fraction() const {
    const int timed = tensorrt_log().timed_layers() - timed_before_;
    if (timed == 0 || layers_ == 0) return std::numeric_limits<double>::quiet_NaN();
    return std::fmin(static_cast<double>(timed) / layers_, 0.99);
  }

 private:
  int layers_ = 0;
  int timed_before_ = 0;
};

#endif

}  // namespace pose
