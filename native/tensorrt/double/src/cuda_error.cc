#include "cuda_error.h"

#include "faults.h"

namespace sdk_double {
namespace {

thread_local cudaError_t last_error = cudaSuccess;

struct Description {
  cudaError_t error;
  const char* name;
  const char* text;
};

#define DESCRIBED(error, text) \
  { error, #error, text }
constexpr Description kDescriptions[] = {
    DESCRIBED(cudaSuccess, "no error"),
    DESCRIBED(cudaErrorInvalidValue, "invalid argument"),
    DESCRIBED(cudaErrorMemoryAllocation, "out of memory"),
    DESCRIBED(cudaErrorInitializationError, "initialization error"),
    DESCRIBED(cudaErrorInvalidConfiguration, "invalid configuration argument"),
    DESCRIBED(cudaErrorInvalidMemcpyDirection, "invalid copy direction for memcpy"),
    DESCRIBED(cudaErrorInsufficientDriver, "CUDA driver version is insufficient for CUDA runtime version"),
    DESCRIBED(cudaErrorNoDevice, "no CUDA-capable device is detected"),
    DESCRIBED(cudaErrorInvalidDevice, "invalid device ordinal"),
    DESCRIBED(cudaErrorInvalidResourceHandle, "invalid resource handle"),
    DESCRIBED(cudaErrorIllegalState, "the operation cannot be performed in the present state"),
    DESCRIBED(cudaErrorNotReady, "device not ready"),
    DESCRIBED(cudaErrorIllegalAddress, "an illegal memory access was encountered"),
    DESCRIBED(cudaErrorLaunchFailure, "unspecified launch failure"),
    DESCRIBED(cudaErrorNotSupported, "operation not supported"),
    DESCRIBED(cudaErrorStreamCaptureUnsupported, "operation not permitted when stream is capturing"),
    DESCRIBED(cudaErrorStreamCaptureInvalidated, "operation failed due to a previous error during capture"),
    DESCRIBED(cudaErrorStreamCaptureUnmatched, "capture was not initiated in this stream"),
    DESCRIBED(cudaErrorStreamCaptureImplicit,
              "operation would make the legacy stream depend on a capturing blocking stream"),
    DESCRIBED(cudaErrorCapturedEvent,
              "operation not permitted on an event last recorded in a capturing stream"),
    DESCRIBED(cudaErrorStreamCaptureWrongThread,
              "attempt to terminate a thread-local capture sequence from another thread"),
    DESCRIBED(cudaErrorUnknown, "unknown error"),
};
#undef DESCRIBED

const Description* find_description(cudaError_t error) {
  for (const Description& description : kDescriptions) {
    if (description.error == error) return &description;
  }
  return nullptr;
}

}  // namespace

cudaError_t report(cudaError_t error) {
  if (error != cudaSuccess) last_error = error;
  return error;
}

cudaError_t find_unusable() {
  const Options current = options();
  if (current.no_driver) return report(cudaErrorInsufficientDriver);
  if (current.no_device) return report(cudaErrorNoDevice);
  return device_is_broken() ? report(cudaErrorIllegalAddress) : cudaSuccess;
}

}  // namespace sdk_double

const char* cudaGetErrorString(cudaError_t error) {
  const auto* description = sdk_double::find_description(error);
  return description == nullptr ? "unrecognized error code" : description->text;
}

const char* cudaGetErrorName(cudaError_t error) {
  const auto* description = sdk_double::find_description(error);
  return description == nullptr ? "unrecognized error code" : description->name;
}

cudaError_t cudaPeekAtLastError() {
  return sdk_double::device_is_broken() ? cudaErrorIllegalAddress : sdk_double::last_error;
}

cudaError_t cudaGetLastError() {
  const cudaError_t error = cudaPeekAtLastError();
  sdk_double::last_error = cudaSuccess;
  return error;
}
