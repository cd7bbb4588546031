#pragma once

#include "pose/engine.h"

namespace pose {

/** How fast a network runs alone. */
struct Ceiling {
  double fps = 0;
  double latency_p50_ms = 0;
  double latency_p95_ms = 0;
  int64_t inferences = 0;
};

/** Runs `requests` requests of the model back to back for about `seconds`, each started again as soon as it
 * ends, with nothing before or after the network: the most any program around it can reach. */
Ceiling measure_ceiling(CompiledModel& model, int requests, double seconds);

}  // namespace pose
