#include "cuda_memory.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>

#include "cuda_capture.h"
#include "cuda_device.h"
#include "cuda_error.h"
#include "faults.h"
#include "live_objects.h"
#include "misuse.h"

namespace sdk_double {
namespace {

enum class Place { device, mapped, pinned };

struct Allocation {
  uintptr_t begin = 0;
  size_t bytes = 0;
  Place place = Place::device;
};

struct Allocations {
  std::mutex mutex;
  std::map<uintptr_t, Allocation> by_address;
};

Allocations& allocations() {
  static auto* only = new Allocations();
  return *only;
}

/** The allocation that holds the first byte. */
std::optional<Allocation> find_allocation(const void* address) {
  const auto first = reinterpret_cast<uintptr_t>(address);
  const std::lock_guard<std::mutex> lock(allocations().mutex);
  auto after = allocations().by_address.upper_bound(first);
  if (after == allocations().by_address.begin()) return std::nullopt;
  const Allocation& found = std::prev(after)->second;
  if (first - found.begin >= found.bytes) return std::nullopt;
  return found;
}

void require_inside(const std::string& call, const Allocation& allocation, const void* address,
                    size_t bytes) {
  const size_t offset = reinterpret_cast<uintptr_t>(address) - allocation.begin;
  if (bytes <= allocation.bytes - offset) return;
  misuse(call, std::to_string(bytes) + " bytes from byte " + std::to_string(offset) +
                   " on of an allocation of " + std::to_string(allocation.bytes));
}

void* allocate(size_t bytes, Place place) {
  constexpr size_t kAlignment = 256;
  constexpr int kUninitialised = 0xAA;
  void* memory = nullptr;
  if (::posix_memalign(&memory, kAlignment, bytes) != 0) return nullptr;
  std::memset(memory, kUninitialised, bytes);
  const auto begin = reinterpret_cast<uintptr_t>(memory);
  const std::lock_guard<std::mutex> lock(allocations().mutex);
  allocations().by_address[begin] = {begin, bytes, place};
  return memory;
}

Allocation release(const std::string& call, void* memory, bool is_device) {
  Allocation released;
  {
    const std::lock_guard<std::mutex> lock(allocations().mutex);
    const auto found = allocations().by_address.find(reinterpret_cast<uintptr_t>(memory));
    if (found == allocations().by_address.end())
      misuse(call, "memory that is not allocated, or already freed");
    if ((found->second.place == Place::device) != is_device) misuse(call, "memory of the other kind");
    released = found->second;
    allocations().by_address.erase(found);
  }
  std::free(memory);
  return released;
}

}  // namespace

void require_device_memory(const std::string& call, const void* address, size_t bytes) {
  const std::optional<Allocation> found = find_allocation(address);
  if (!found) misuse(call, "an address that is not in the device's memory, or no longer");
  if (found->place == Place::pinned) misuse(call, "host memory that is not mapped for the device");
  require_inside(call, *found, address, bytes);
}

void require_host_memory(const std::string& call, const void* address, size_t bytes) {
  const std::optional<Allocation> found = find_allocation(address);
  if (!found) return;
  if (found->place == Place::device) misuse(call, "the device's memory where the host's is expected");
  require_inside(call, *found, address, bytes);
}

}  // namespace sdk_double

using sdk_double::find_unusable;
using sdk_double::report;

cudaError_t cudaMalloc(void** devPtr, size_t size) {
  *devPtr = nullptr;
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  if (const cudaError_t error = sdk_double::refuse_while_capturing(); error != cudaSuccess) return error;
  if (sdk_double::next_malloc_fails()) return report(cudaErrorMemoryAllocation);
  if (size == 0) return cudaSuccess;
  const size_t taken = sdk_double::live_objects().device_bytes;
  if (size > sdk_double::kDeviceMemoryBytes - taken) return report(cudaErrorMemoryAllocation);
  *devPtr = sdk_double::allocate(size, sdk_double::Place::device);
  if (*devPtr == nullptr) return report(cudaErrorMemoryAllocation);
  sdk_double::count_live(&sdk_double::LiveObjects::device_allocations, 1);
  sdk_double::count_device_bytes(size, true);
  return cudaSuccess;
}

cudaError_t cudaFree(void* devPtr) {
  if (const cudaError_t error = sdk_double::refuse_while_capturing(); error != cudaSuccess) return error;
  if (devPtr != nullptr) {
    const sdk_double::Allocation released = sdk_double::release("cudaFree", devPtr, true);
    sdk_double::count_live(&sdk_double::LiveObjects::device_allocations, -1);
    sdk_double::count_device_bytes(released.bytes, false);
  }
  return find_unusable();
}

cudaError_t cudaHostAlloc(void** pHost, size_t size, unsigned int flags) {
  *pHost = nullptr;
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  if (const cudaError_t error = sdk_double::refuse_while_capturing(); error != cudaSuccess) return error;
  if (sdk_double::next_host_alloc_fails()) return report(cudaErrorMemoryAllocation);
  if (size == 0) return cudaSuccess;
  const bool is_mapped = (flags & cudaHostAllocMapped) != 0;
  *pHost = sdk_double::allocate(size, is_mapped ? sdk_double::Place::mapped : sdk_double::Place::pinned);
  if (*pHost == nullptr) return report(cudaErrorMemoryAllocation);
  sdk_double::count_live(&sdk_double::LiveObjects::host_allocations, 1);
  return cudaSuccess;
}

cudaError_t cudaFreeHost(void* ptr) {
  if (const cudaError_t error = sdk_double::refuse_while_capturing(); error != cudaSuccess) return error;
  if (ptr != nullptr) {
    sdk_double::release("cudaFreeHost", ptr, false);
    sdk_double::count_live(&sdk_double::LiveObjects::host_allocations, -1);
  }
  return find_unusable();
}

cudaError_t cudaHostGetDevicePointer(void** pDevice, void* pHost, unsigned int flags) {
  *pDevice = nullptr;
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  const auto found = sdk_double::find_allocation(pHost);
  if (flags != 0 || !found || found->place != sdk_double::Place::mapped) return report(cudaErrorInvalidValue);
  *pDevice = pHost;
  return cudaSuccess;
}
