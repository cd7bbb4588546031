#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

#include "cuda_capture.h"
#include "cuda_error.h"
#include "cuda_handles.h"
#include "cuda_stream.h"

struct CUevent_st {
  std::mutex mutex;
  std::condition_variable changed;
  uint64_t recorded = 0;
  uint64_t reached = 0;
  bool is_captured =
      false;  ///< recorded last in a capture: it is then the graph's, and nobody can wait for it
};

namespace {

using sdk_double::find_unusable;
using sdk_double::report;

using Events = sdk_double::Handles<CUevent_st, &sdk_double::LiveObjects::events>;

Events& events() {
  static auto* only = new Events("an event");
  return *only;
}

cudaError_t record_in_capture(cudaStream_t stream, CUevent_st& event) {
  const cudaError_t error = sdk_double::record(stream, {[] {}});
  const std::lock_guard<std::mutex> lock(event.mutex);
  event.is_captured = error == cudaSuccess;
  return error;
}

}  // namespace

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned int flags) {
  *event = nullptr;
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  if ((flags & ~static_cast<unsigned int>(cudaEventBlockingSync | cudaEventDisableTiming)) != 0) {
    return report(cudaErrorInvalidValue);
  }
  *event = events().add(std::make_shared<CUevent_st>());
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  // Held by what is queued: the handle may be destroyed before the stream comes to it.
  const std::shared_ptr<CUevent_st> found = events().get("cudaEventRecord", event);
  if (stream != nullptr) sdk_double::require_stream("cudaEventRecord", stream);
  if (sdk_double::is_capturing(stream)) return record_in_capture(stream, *found);
  uint64_t number = 0;
  {
    const std::lock_guard<std::mutex> lock(found->mutex);
    found->is_captured = false;
    number = ++found->recorded;
  }
  sdk_double::Work signal{[found, number] {
    {
      const std::lock_guard<std::mutex> lock(found->mutex);
      found->reached = std::max(found->reached, number);
    }
    found->changed.notify_all();
  }};
  signal.is_signal = true;
  return sdk_double::submit("cudaEventRecord", stream, std::move(signal));
}

// On a broken device too: its streams reach every event that was recorded.
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  if (const cudaError_t error = sdk_double::refuse_while_capturing(); error != cudaSuccess) return error;
  const std::shared_ptr<CUevent_st> found = events().get("cudaEventSynchronize", event);
  {
    std::unique_lock<std::mutex> lock(found->mutex);
    if (found->is_captured) return report(cudaErrorCapturedEvent);
    const uint64_t number = found->recorded;
    found->changed.wait(lock, [&] { return found->reached >= number; });
  }
  return find_unusable();
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  if (const cudaError_t error = sdk_double::refuse_while_capturing(); error != cudaSuccess) return error;
  const std::shared_ptr<CUevent_st> found = events().get("cudaEventQuery", event);
  {
    const std::lock_guard<std::mutex> lock(found->mutex);
    if (found->is_captured) return report(cudaErrorCapturedEvent);
    if (found->reached < found->recorded) return cudaErrorNotReady;
  }
  return find_unusable();
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  events().remove("cudaEventDestroy", event);
  return find_unusable();
}
