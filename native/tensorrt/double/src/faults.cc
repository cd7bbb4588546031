#include "faults.h"

#include <cstdlib>
#include <mutex>

namespace sdk_double {
namespace {

struct State {
  std::mutex mutex;
  Options options;
  Calls calls;
  BuildRequest last_build;
  int64_t mallocs = 0;
  int64_t host_allocs = 0;
  int64_t launches = 0;
  int64_t executions = 0;
  bool is_broken = false;
};

State* make_state() {
  auto* state = new State();
  if (const char* text = std::getenv("POSE_SDK_DOUBLE")) state->options = parse_options(text);
  return state;
}

/** Never destroyed: threads of streams that a test has leaked may outlive everything else. */
State& state() {
  static State* only = make_state();
  return *only;
}

bool next_fails(int64_t State::*count, int64_t Options::*limit) {
  const std::lock_guard<std::mutex> lock(state().mutex);
  return (state().*count)++ >= state().options.*limit;
}

}  // namespace

Options options() {
  const std::lock_guard<std::mutex> lock(state().mutex);
  return state().options;
}

void set_options(const Options& options) {
  const std::lock_guard<std::mutex> lock(state().mutex);
  state().options = options;
  state().calls = {};
  state().last_build = {};
  state().mallocs = state().host_allocs = state().launches = state().executions = 0;
  state().is_broken = false;
}

void set_options(std::string_view text) { set_options(parse_options(text)); }

Calls calls() {
  const std::lock_guard<std::mutex> lock(state().mutex);
  return state().calls;
}

BuildRequest last_build() {
  const std::lock_guard<std::mutex> lock(state().mutex);
  return state().last_build;
}

bool next_malloc_fails() { return next_fails(&State::mallocs, &Options::malloc_fails_after); }
bool next_host_alloc_fails() { return next_fails(&State::host_allocs, &Options::host_alloc_fails_after); }
bool next_launch_fails() { return next_fails(&State::launches, &Options::launch_fails_after); }

bool next_execution_strikes() {
  if (!next_fails(&State::executions, &Options::sticky_error_after)) return false;
  const std::lock_guard<std::mutex> lock(state().mutex);
  state().is_broken = true;
  return true;
}

bool device_is_broken() {
  const std::lock_guard<std::mutex> lock(state().mutex);
  return state().is_broken;
}

void count_call(int Calls::*kind) {
  const std::lock_guard<std::mutex> lock(state().mutex);
  state().calls.*kind += 1;
}

void record_build(const BuildRequest& request) {
  const std::lock_guard<std::mutex> lock(state().mutex);
  state().calls.builds += 1;
  state().last_build = request;
}

}  // namespace sdk_double
