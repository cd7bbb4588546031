#include <cstring>

#include "cuda_capture.h"
#include "cuda_error.h"
#include "cuda_memory.h"
#include "cuda_stream.h"
#include "misuse.h"

namespace {

using sdk_double::find_unusable;

struct Copy {
  void* to;
  const void* from;
  size_t bytes;
  cudaMemcpyKind kind;
};

void require_memory(const char* call, const Copy& copy) {
  const bool to_device = copy.kind == cudaMemcpyHostToDevice || copy.kind == cudaMemcpyDeviceToDevice;
  const bool from_device = copy.kind == cudaMemcpyDeviceToHost || copy.kind == cudaMemcpyDeviceToDevice;
  if (copy.kind == cudaMemcpyDefault)
    sdk_double::misuse(call, "cudaMemcpyDefault, which the double does not know");
  (to_device ? sdk_double::require_device_memory : sdk_double::require_host_memory)(call, copy.to,
                                                                                    copy.bytes);
  (from_device ? sdk_double::require_device_memory : sdk_double::require_host_memory)(call, copy.from,
                                                                                      copy.bytes);
}

sdk_double::Work make_copy(const char* call, const Copy& copy) {
  return {[call, copy] {
    // Once more: the memory may have been freed since the copy was queued.
    require_memory(call, copy);
    std::memcpy(copy.to, copy.from, copy.bytes);
  }};
}

}  // namespace

cudaError_t cudaMemcpyAsync(void* dst, const void* src, size_t count, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  if (count == 0) return cudaSuccess;
  const Copy copy{dst, src, count, kind};
  require_memory("cudaMemcpyAsync", copy);
  return sdk_double::submit("cudaMemcpyAsync", stream, make_copy("cudaMemcpyAsync", copy));
}

cudaError_t cudaMemcpy(void* dst, const void* src, size_t count, cudaMemcpyKind kind) {
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  if (const cudaError_t error = sdk_double::refuse_while_capturing(); error != cudaSuccess) return error;
  if (count == 0) return cudaSuccess;
  const Copy copy{dst, src, count, kind};
  require_memory("cudaMemcpy", copy);
  return sdk_double::submit("cudaMemcpy", nullptr, make_copy("cudaMemcpy", copy));
}

cudaError_t cudaMemsetAsync(void* devPtr, int value, size_t count, cudaStream_t stream) {
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  if (count == 0) return cudaSuccess;
  sdk_double::require_device_memory("cudaMemsetAsync", devPtr, count);
  return sdk_double::submit("cudaMemsetAsync", stream, {[=] {
                              sdk_double::require_device_memory("cudaMemsetAsync", devPtr, count);
                              std::memset(devPtr, value, count);
                            }});
}
