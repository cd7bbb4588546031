#include "live_objects.h"

#include <mutex>
#include <string>

namespace sdk_double {
namespace {

struct Census {
  std::mutex mutex;
  LiveObjects live;
};

/** Never destroyed: what a test has leaked may die after everything else. */
Census& census() {
  static auto* only = new Census();
  return *only;
}

struct Kind {
  int LiveObjects::*count;
  const char* name;
};

constexpr Kind kKinds[] = {
    {&LiveObjects::device_allocations, "device allocations"},
    {&LiveObjects::host_allocations, "host allocations"},
    {&LiveObjects::streams, "streams"},
    {&LiveObjects::events, "events"},
    {&LiveObjects::graphs, "graphs"},
    {&LiveObjects::executable_graphs, "executable graphs"},
    {&LiveObjects::builders, "builders"},
    {&LiveObjects::builder_configs, "builder configurations"},
    {&LiveObjects::networks, "networks"},
    {&LiveObjects::parsers, "parsers"},
    {&LiveObjects::timing_caches, "timing caches"},
    {&LiveObjects::host_memories, "host memories"},
    {&LiveObjects::runtimes, "runtimes"},
    {&LiveObjects::engines, "engines"},
    {&LiveObjects::contexts, "execution contexts"},
};

}  // namespace

void count_live(int LiveObjects::*kind, int change) {
  const std::lock_guard<std::mutex> lock(census().mutex);
  census().live.*kind += change;
}

void count_device_bytes(size_t bytes, bool is_born) {
  const std::lock_guard<std::mutex> lock(census().mutex);
  size_t& sum = census().live.device_bytes;
  sum = is_born ? sum + bytes : sum - bytes;
}

LiveObjects live_objects() {
  const std::lock_guard<std::mutex> lock(census().mutex);
  return census().live;
}

int LiveObjects::total() const {
  int sum = 0;
  for (const Kind& kind : kKinds) sum += this->*kind.count;
  return sum;
}

std::string to_string(const LiveObjects& live) {
  std::string text;
  for (const Kind& kind : kKinds) {
    if (live.*kind.count == 0) continue;
    text += (text.empty() ? "" : ", ") + std::to_string(live.*kind.count) + ' ' + kind.name;
  }
  return text.empty() ? "nothing" : text;
}

}  // namespace sdk_double
