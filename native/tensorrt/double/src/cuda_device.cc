#include "cuda_device.h"

#include <cstdio>
#include <string>

#include "cuda_error.h"
#include "sdk_double.h"

using sdk_double::find_unusable;
using sdk_double::options;
using sdk_double::report;

namespace {
thread_local int current_device = 0;
}

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 0;
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  *count = options().gpus;
  return *count > 0 ? cudaSuccess : report(cudaErrorNoDevice);
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* prop, int device) {
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  const sdk_double::Options current = options();
  if (device < 0 || device >= current.gpus) return report(cudaErrorInvalidDevice);
  *prop = {};
  std::snprintf(prop->name, sizeof(prop->name), "%s", current.gpu_name.c_str());
  prop->totalGlobalMem = sdk_double::kDeviceMemoryBytes;
  prop->major = current.compute_major;
  prop->minor = current.compute_minor;
  prop->multiProcessorCount = 8;
  prop->integrated = current.integrated ? 1 : 0;
  prop->canMapHostMemory = 1;
  prop->unifiedAddressing = 1;
  return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int* driverVersion) {
  // Without a driver this call succeeds, and the version is 0.
  *driverVersion = options().no_driver ? 0 : CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* runtimeVersion) {
  *runtimeVersion = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  if (device < 0 || device >= options().gpus) return report(cudaErrorInvalidDevice);
  current_device = device;
  return cudaSuccess;
}

cudaError_t cudaGetDevice(int* device) {
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  *device = current_device;
  return cudaSuccess;
}

cudaError_t cudaSetDeviceFlags(unsigned int flags) {
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  constexpr unsigned int kKnown =
      cudaDeviceScheduleSpin | cudaDeviceScheduleYield | cudaDeviceScheduleBlockingSync | cudaDeviceMapHost;
  return (flags & ~kKnown) == 0 ? cudaSuccess : report(cudaErrorInvalidValue);
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  *total = sdk_double::kDeviceMemoryBytes;
  *free = *total - sdk_double::live_objects().device_bytes;
  return cudaSuccess;
}
