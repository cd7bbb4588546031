#pragma once

#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "cuda_runtime_api.h"

struct uint3 {
  unsigned int x, y, z;
};

struct dim3 {
  unsigned int x, y, z;
  constexpr dim3(unsigned int vx = 1, unsigned int vy = 1, unsigned int vz = 1) : x(vx), y(vy), z(vz) {}
  constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
};

// What a kernel knows of its place; one thread of the host takes the part of every thread of the device in
// turn.
inline thread_local uint3 threadIdx{0, 0, 0};
inline thread_local uint3 blockIdx{0, 0, 0};
inline thread_local dim3 blockDim;
inline thread_local dim3 gridDim;

namespace sdk_double {

/** Queues a kernel on the stream: the body is called once a thread of the grid. */
cudaError_t launch(std::function<void()> body, dim3 grid, dim3 block, cudaStream_t stream);

template <typename... Parameters, size_t... kIndex>
std::function<void()> bind_arguments(void (*kernel)(Parameters...), [[maybe_unused]] void** arguments,
                                     std::index_sequence<kIndex...> /*order*/) {
  // As the real call does, take the values now: the caller's variables are gone when the kernel runs.
  std::tuple<std::decay_t<Parameters>...> values(
      *static_cast<std::remove_reference_t<Parameters>*>(arguments[kIndex])...);
  return [kernel, values] { std::apply(kernel, values); };
}

}  // namespace sdk_double

template <typename... Parameters>
cudaError_t cudaLaunchKernel(void (*kernel)(Parameters...), dim3 grid, dim3 block, void** arguments,
                             size_t shared_bytes = 0, cudaStream_t stream = nullptr) {
  static_cast<void>(shared_bytes);
  return sdk_double::launch(
      sdk_double::bind_arguments(kernel, arguments, std::index_sequence_for<Parameters...>()), grid, block,
      stream);
}
