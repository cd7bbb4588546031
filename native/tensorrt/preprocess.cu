#include "preprocess.h"

#if !defined(__CUDACC_RTC__)
#include "preprocess_launch.h"
#endif

/** One thread an input pixel; grid: columns, rows, pictures of the batch. */
extern "C" __global__ void pose_preprocess(const pose::PreprocessJob* job, pose::PreprocessTarget target,
                                           float* tensor) {
  const int x = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  const int y = static_cast<int>(blockIdx.y * blockDim.y + threadIdx.y);
  if (x >= target.width || y >= target.height) return;
  pose::write_input_pixel(*job, target, static_cast<int>(blockIdx.z), x, y, tensor);
}

#if !defined(__CUDACC_RTC__)

namespace pose {
namespace {

#if defined(__CUDACC__)
const void* const kKernel = reinterpret_cast<const void*>(pose_preprocess);
#else
const auto kKernel = pose_preprocess;  // a function of the host, which is called with its own types
#endif

}  // namespace

cudaError_t launch_preprocess(const PreprocessJob* job, PreprocessTarget target, float* tensor,
                              cudaStream_t stream) {
  constexpr int kColumns = 32;  // a warp writes a whole line of a plane
  constexpr int kRows = 8;
  const auto blocks = [](int pixels, int block) {
    return static_cast<unsigned int>((pixels + block - 1) / block);
  };
  const dim3 grid(blocks(target.width, kColumns), blocks(target.height, kRows),
                  static_cast<unsigned int>(target.batch));
  void* arguments[] = {&job, &target, &tensor};
  return cudaLaunchKernel(kKernel, grid, dim3(kColumns, kRows), arguments, 0, stream);
}

}  // namespace pose

#endif
