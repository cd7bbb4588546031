#pragma once

#include <string>

#include "gpu_device.h"
#include "onnx_network.h"
#include "pose/engine.h"

namespace pose {

/** A network built for a device, as TensorRT keeps it, and what it was built as. */
struct Plan {
  PageBuffer bytes;  ///< the first `size` of them; a plan of the cache has more
  size_t size = 0;
  std::string precision;   ///< "f32", "f16", "bf16", "int8"
  bool is_cached = false;  ///< built by an earlier start
};

/** Everything that a plan depends on, for people and for its name in the cache. */
struct PlanRequest {
  std::string path;
  ModelFile onnx;  ///< `path` as it was read
  InputSpec input;
  CompileOptions options;
  GpuDevice device;
};

/** The plan of the cache where there is one of the same model, versions, device and options; else one built
 * here, which takes minutes, and kept. Throws EngineError. */
Plan make_plan(const PlanRequest& request);

/** Builds a plan whatever the cache holds; for those that the runtime refuses. */
Plan rebuild_plan(const PlanRequest& request);

}  // namespace pose
