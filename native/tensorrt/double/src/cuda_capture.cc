#include "cuda_capture.h"

#include <map>
#include <mutex>
#include <utility>

#include "cuda_error.h"
#include "cuda_graph.h"
#include "cuda_stream.h"
#include "faults.h"

namespace sdk_double {
namespace {

struct Captures {
  std::mutex mutex;
  std::map<cudaStream_t, Capture> by_stream;
};

Captures& captures() {
  static auto* only = new Captures();
  return *only;
}

/** Forbids unsafe calls to the calling thread. */
bool binds_this_thread(const Capture& capture) {
  if (capture.mode == cudaStreamCaptureModeRelaxed) return false;
  return capture.mode == cudaStreamCaptureModeGlobal || capture.thread == std::this_thread::get_id();
}

cudaError_t begin_capture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  const std::lock_guard<std::mutex> lock(captures().mutex);
  Capture capture;
  capture.mode = mode;
  capture.thread = std::this_thread::get_id();
  const bool is_new = captures().by_stream.emplace(stream, std::move(capture)).second;
  return is_new ? cudaSuccess : cudaErrorIllegalState;
}

cudaError_t end_capture(cudaStream_t stream, std::vector<Work>& nodes) {
  const std::lock_guard<std::mutex> lock(captures().mutex);
  const auto found = captures().by_stream.find(stream);
  if (found == captures().by_stream.end()) return cudaErrorIllegalState;
  Capture& capture = found->second;
  const bool is_foreign = capture.thread != std::this_thread::get_id();
  if (is_foreign && capture.mode != cudaStreamCaptureModeRelaxed) return cudaErrorStreamCaptureWrongThread;
  const bool is_invalidated = capture.is_invalidated;
  nodes = std::move(capture.nodes);
  captures().by_stream.erase(found);
  return is_invalidated ? cudaErrorStreamCaptureInvalidated : cudaSuccess;
}

cudaStreamCaptureStatus status_of(cudaStream_t stream) {
  const std::lock_guard<std::mutex> lock(captures().mutex);
  const auto found = captures().by_stream.find(stream);
  if (found == captures().by_stream.end()) return cudaStreamCaptureStatusNone;
  return found->second.is_invalidated ? cudaStreamCaptureStatusInvalidated : cudaStreamCaptureStatusActive;
}

}  // namespace

cudaError_t refuse_while_capturing() {
  const std::lock_guard<std::mutex> lock(captures().mutex);
  bool is_refused = false;
  for (auto& [stream, capture] : captures().by_stream) {
    if (!binds_this_thread(capture)) continue;
    capture.is_invalidated = true;
    is_refused = true;
  }
  return is_refused ? report(cudaErrorStreamCaptureUnsupported) : cudaSuccess;
}

bool is_capturing(cudaStream_t stream) { return status_of(stream) != cudaStreamCaptureStatusNone; }

void invalidate_capture(cudaStream_t stream) {
  const std::lock_guard<std::mutex> lock(captures().mutex);
  const auto found = captures().by_stream.find(stream);
  if (found != captures().by_stream.end()) found->second.is_invalidated = true;
}

cudaError_t record(cudaStream_t stream, Work work) {
  const std::lock_guard<std::mutex> lock(captures().mutex);
  const auto found = captures().by_stream.find(stream);
  if (found == captures().by_stream.end() || found->second.is_invalidated) {
    return report(cudaErrorStreamCaptureInvalidated);
  }
  found->second.nodes.push_back(std::move(work));
  return cudaSuccess;
}

void drop_capture(cudaStream_t stream) {
  const std::lock_guard<std::mutex> lock(captures().mutex);
  captures().by_stream.erase(stream);
}

}  // namespace sdk_double

using sdk_double::find_unusable;
using sdk_double::report;

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  // The legacy stream cannot be captured.
  if (stream == nullptr) return report(cudaErrorStreamCaptureUnsupported);
  sdk_double::require_stream("cudaStreamBeginCapture", stream);
  return report(sdk_double::begin_capture(stream, mode));
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* pGraph) {
  *pGraph = nullptr;
  sdk_double::require_stream("cudaStreamEndCapture", stream);
  std::vector<sdk_double::Work> nodes;
  if (const cudaError_t error = sdk_double::end_capture(stream, nodes); error != cudaSuccess)
    return report(error);
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  *pGraph = sdk_double::make_graph(std::move(nodes));
  sdk_double::count_call(&sdk_double::Calls::captures);
  return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* pCaptureStatus) {
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  *pCaptureStatus = sdk_double::status_of(stream);
  return cudaSuccess;
}
