#include <cuda_runtime.h>

#include <utility>

#include "cuda_error.h"
#include "cuda_stream.h"
#include "faults.h"

namespace sdk_double {
namespace {

bool is_launchable(dim3 grid, dim3 block) {
  constexpr unsigned int kMostThreads = 1024;
  constexpr unsigned int kMostDeep = 64;
  constexpr unsigned int kMostBlocks = 65535;
  const bool has_threads =
      grid.x > 0 && grid.y > 0 && grid.z > 0 && block.x > 0 && block.y > 0 && block.z > 0;
  return has_threads && block.x <= kMostThreads && block.y <= kMostThreads && block.z <= kMostDeep &&
         block.x * block.y * block.z <= kMostThreads && grid.y <= kMostBlocks && grid.z <= kMostBlocks;
}

/** Calls `visit` for each place of a box, x innermost. */
template <typename Visit>
void for_each_place(dim3 box, Visit visit) {
  for (unsigned int z = 0; z < box.z; ++z) {
    for (unsigned int y = 0; y < box.y; ++y) {
      for (unsigned int x = 0; x < box.x; ++x) visit(uint3{x, y, z});
    }
  }
}

}  // namespace

cudaError_t launch(std::function<void()> body, dim3 grid, dim3 block, cudaStream_t stream) {
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  if (!is_launchable(grid, block)) return report(cudaErrorInvalidConfiguration);
  count_call(&Calls::kernels);
  Work work{[body = std::move(body), grid, block] {
    gridDim = grid;
    blockDim = block;
    for_each_place(grid, [&](uint3 block_place) {
      blockIdx = block_place;
      for_each_place(block, [&](uint3 thread_place) {
        threadIdx = thread_place;
        body();
      });
    });
  }};
  work.computes = true;
  return submit("cudaLaunchKernel", stream, std::move(work));
}

}  // namespace sdk_double
