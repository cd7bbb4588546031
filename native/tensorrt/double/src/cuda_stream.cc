#include "cuda_stream.h"

#include <memory>
#include <utility>

#include "cuda_capture.h"
#include "cuda_error.h"
#include "cuda_handles.h"
#include "work_queue.h"

struct CUstream_st {
  explicit CUstream_st(bool blocks) : is_blocking(blocks) {}

  const bool is_blocking;  ///< waits for the legacy stream, and is waited for
  sdk_double::WorkQueue queue;
};

namespace sdk_double {
namespace {

using Streams = Handles<CUstream_st, &LiveObjects::streams>;

Streams& streams() {
  static auto* only = new Streams("a stream");
  return *only;
}

void wait_for_blocking_streams() {
  for (const auto& stream : streams().all()) {
    if (stream->is_blocking) stream->queue.wait();
  }
}

cudaError_t run_in_legacy_stream(const Work& work) {
  if (refuse_while_capturing() != cudaSuccess) return report(cudaErrorStreamCaptureImplicit);
  wait_for_blocking_streams();
  execute(work);
  return cudaSuccess;
}

}  // namespace

void require_stream(const std::string& call, cudaStream_t stream) { streams().get(call, stream); }

cudaError_t submit(const std::string& call, cudaStream_t stream, Work work) {
  if (stream == nullptr) return run_in_legacy_stream(work);
  const std::shared_ptr<CUstream_st> found = streams().get(call, stream);
  if (is_capturing(stream)) return record(stream, std::move(work));
  found->queue.push(std::move(work));
  return cudaSuccess;
}

}  // namespace sdk_double

using sdk_double::find_unusable;
using sdk_double::report;
using sdk_double::streams;

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* pStream, unsigned int flags) {
  *pStream = nullptr;
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  if ((flags & ~static_cast<unsigned int>(cudaStreamNonBlocking)) != 0) return report(cudaErrorInvalidValue);
  *pStream = streams().add(std::make_shared<CUstream_st>((flags & cudaStreamNonBlocking) == 0));
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const std::shared_ptr<CUstream_st> found = streams().remove("cudaStreamDestroy", stream);
  sdk_double::drop_capture(stream);
  // What is queued is still done, as on the device.
  found->queue.wait();
  return find_unusable();
}

// Waiting ends on a broken device as well, whose streams pass over what is queued: nothing runs any more
// then.
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (stream == nullptr) {
    if (const cudaError_t error = sdk_double::refuse_while_capturing(); error != cudaSuccess) return error;
    sdk_double::wait_for_blocking_streams();
    return find_unusable();
  }
  const std::shared_ptr<CUstream_st> found = streams().get("cudaStreamSynchronize", stream);
  if (sdk_double::is_capturing(stream)) {
    sdk_double::invalidate_capture(stream);
    return report(cudaErrorStreamCaptureUnsupported);
  }
  found->queue.wait();
  return find_unusable();
}

cudaError_t cudaStreamQuery(cudaStream_t stream) {
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  const std::shared_ptr<CUstream_st> found = streams().get("cudaStreamQuery", stream);
  if (sdk_double::is_capturing(stream)) {
    sdk_double::invalidate_capture(stream);
    return report(cudaErrorStreamCaptureUnsupported);
  }
  return found->queue.is_idle() ? find_unusable() : cudaErrorNotReady;
}

cudaError_t cudaDeviceSynchronize() {
  if (const cudaError_t error = sdk_double::refuse_while_capturing(); error != cudaSuccess) return error;
  for (const auto& stream : streams().all()) stream->queue.wait();
  return find_unusable();
}
