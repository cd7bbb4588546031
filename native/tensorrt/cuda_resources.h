#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <utility>

#include "cuda_check.h"

namespace pose {

/** Sole owner of a CUDA handle. */
template <typename Handle, cudaError_t (*kRelease)(Handle)>
class CudaHandle {
 public:
  CudaHandle() = default;
  explicit CudaHandle(Handle handle) : handle_(handle) {}
  ~CudaHandle() { reset(); }
  CudaHandle(CudaHandle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  CudaHandle& operator=(CudaHandle&& other) noexcept {
    if (this != &other) reset(std::exchange(other.handle_, nullptr));
    return *this;
  }

  Handle get() const { return handle_; }
  explicit operator bool() const { return handle_ != nullptr; }

 private:
  /** A failure to free has nobody who could act on it. */
  void reset(Handle next = nullptr) {
    if (handle_ != nullptr) static_cast<void>(kRelease(handle_));
    handle_ = next;
  }

  Handle handle_ = nullptr;
};

using CudaStream = CudaHandle<cudaStream_t, cudaStreamDestroy>;
using CudaEvent = CudaHandle<cudaEvent_t, cudaEventDestroy>;
using CudaGraph = CudaHandle<cudaGraph_t, cudaGraphDestroy>;
using CudaGraphExec = CudaHandle<cudaGraphExec_t, cudaGraphExecDestroy>;

/** Memory of the device, not reachable from the host. */
class DeviceMemory {
 public:
  DeviceMemory() = default;
  explicit DeviceMemory(size_t bytes) {
    void* memory = nullptr;
    check_cuda(cudaMalloc(&memory, bytes), "taking " + std::to_string(bytes) + " bytes of device memory");
    memory_ = Handle(memory);
  }
  void* device() const { return memory_.get(); }

 private:
  using Handle = CudaHandle<void*, cudaFree>;
  Handle memory_;
};

/** Pinned memory of the host that the device reaches as well: on a Jetson the same memory without a copy. */
class MappedMemory {
 public:
  MappedMemory() = default;
  explicit MappedMemory(size_t bytes) : bytes_(bytes) {
    void* memory = nullptr;
    check_cuda(cudaHostAlloc(&memory, bytes, cudaHostAllocMapped | cudaHostAllocPortable),
               "pinning " + std::to_string(bytes) + " bytes of host memory");
    memory_ = Handle(memory);
    check_cuda(cudaHostGetDevicePointer(&device_, memory, 0), "mapping host memory for the device");
  }
  template <typename T = void>
  T* host() const {
    return static_cast<T*>(memory_.get());
  }
  void* device() const { return device_; }
  size_t bytes() const { return bytes_; }

 private:
  using Handle = CudaHandle<void*, cudaFreeHost>;
  Handle memory_;
  void* device_ = nullptr;
  size_t bytes_ = 0;
};

/** A stream of its own, which waits for no other. */
inline CudaStream make_stream() {
  cudaStream_t stream = nullptr;
  check_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "creating a stream");
  return CudaStream(stream);
}

/** An event whose waiters sleep, so that the processor stays free. */
inline CudaEvent make_event() {
  cudaEvent_t event = nullptr;
  check_cuda(cudaEventCreateWithFlags(&event, cudaEventBlockingSync | cudaEventDisableTiming),
             "creating an event");
  return CudaEvent(event);
}

}  // namespace pose
