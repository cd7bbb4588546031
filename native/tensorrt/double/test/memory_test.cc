#include <cuda_runtime.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "built_network.h"
#include "double_test.h"

namespace sdk_double::test {
namespace {

using MemoryTest = DoubleTest;
using MemoryDeathTest = DoubleTest;

TEST_F(MemoryTest, FreshMemoryIsFilledSoThatItsUseShows) {
  const DeviceBlock block(64);
  std::vector<unsigned char> bytes(64, 0);
  ASSERT_EQ(cudaMemcpy(bytes.data(), block.get(), 64, cudaMemcpyDeviceToHost), cudaSuccess);
  EXPECT_TRUE(std::all_of(bytes.begin(), bytes.end(), [](unsigned char byte) { return byte == 0xAA; }));
}

TEST_F(MemoryTest, AllocationsAreCountedUntilTheyAreFreed) {
  {
    const DeviceBlock first(100);
    const DeviceBlock second(28);
    EXPECT_EQ(live_objects().device_allocations, 2);
    EXPECT_EQ(live_objects().device_bytes, 128U);
    EXPECT_EQ(to_string(live_objects()), "2 device allocations");
    size_t free = 0;
    size_t total = 0;
    ASSERT_EQ(cudaMemGetInfo(&free, &total), cudaSuccess);
    EXPECT_EQ(total - free, 128U);
  }
  EXPECT_EQ(live_objects().device_bytes, 0U);
  EXPECT_EQ(cudaFree(nullptr), cudaSuccess);
}

TEST_F(MemoryTest, RunsOutWhenItIsTold) {
  set_options("malloc-fails-after=1,host-alloc-fails-after=0");
  void* memory = nullptr;
  ASSERT_EQ(cudaMalloc(&memory, 8), cudaSuccess);
  void* more = memory;
  EXPECT_EQ(cudaMalloc(&more, 8), cudaErrorMemoryAllocation);
  EXPECT_EQ(more, nullptr);
  EXPECT_EQ(cudaHostAlloc(&more, 8, cudaHostAllocMapped), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaFree(memory), cudaSuccess);
  set_options(Options{});
  EXPECT_EQ(cudaMalloc(&more, size_t{1} << 40), cudaErrorMemoryAllocation);
}

TEST_F(MemoryTest, MappedHostMemoryIsTheDevicesToo) {
  void* mapped = nullptr;
  void* pinned = nullptr;
  ASSERT_EQ(cudaHostAlloc(&mapped, 16, cudaHostAllocMapped | cudaHostAllocPortable), cudaSuccess);
  ASSERT_EQ(cudaHostAlloc(&pinned, 16, cudaHostAllocDefault), cudaSuccess);
  void* device = nullptr;
  EXPECT_EQ(cudaHostGetDevicePointer(&device, mapped, 0), cudaSuccess);
  EXPECT_NE(device, nullptr);
  EXPECT_EQ(cudaMemsetAsync(device, 7, 16), cudaSuccess);
  EXPECT_EQ(static_cast<char*>(mapped)[15], 7);
  EXPECT_EQ(cudaHostGetDevicePointer(&device, pinned, 0), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFreeHost(mapped), cudaSuccess);
  EXPECT_EQ(cudaFreeHost(pinned), cudaSuccess);
}

TEST_F(MemoryTest, CopiesComeBack) {
  std::vector<int> sent(100);
  std::iota(sent.begin(), sent.end(), 0);
  const DeviceBlock first(sizeof(int) * sent.size());
  const DeviceBlock second(sizeof(int) * sent.size());
  const TestStream stream;
  std::vector<int> received(sent.size(), -1);
  const size_t bytes = sizeof(int) * sent.size();
  EXPECT_EQ(cudaMemcpyAsync(first.get(), sent.data(), bytes, cudaMemcpyHostToDevice, stream.get()),
            cudaSuccess);
  EXPECT_EQ(cudaMemcpyAsync(second.get(), first.get(), bytes, cudaMemcpyDeviceToDevice, stream.get()),
            cudaSuccess);
  EXPECT_EQ(cudaMemcpyAsync(received.data(), second.get(), bytes, cudaMemcpyDeviceToHost, stream.get()),
            cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(stream.get()), cudaSuccess);
  EXPECT_EQ(received, sent);
}

TEST_F(MemoryDeathTest, MisuseEndsTheProcess) {
  std::vector<char> host(32);
  EXPECT_DEATH(
      {
        void* memory = nullptr;
        cudaMalloc(&memory, 8);
        cudaFree(memory);
        cudaFree(memory);
      },
      "cudaFree: memory that is not allocated, or already freed");
  EXPECT_DEATH(
      {
        const DeviceBlock block(8);
        cudaMemcpy(block.get(), host.data(), 9, cudaMemcpyHostToDevice);
      },
      "9 bytes from byte 0 on of an allocation of 8");
  EXPECT_DEATH(cudaMemcpy(host.data(), host.data() + 16, 8, cudaMemcpyDeviceToHost),
               "not in the device's memory");
  EXPECT_DEATH(
      {
        const DeviceBlock block(8);
        cudaMemcpy(host.data(), block.get(), 8, cudaMemcpyHostToHost);
      },
      "the device's memory where the host's is expected");
  EXPECT_DEATH(
      {
        void* memory = nullptr;
        cudaHostAlloc(&memory, 8, cudaHostAllocMapped);
        cudaFree(memory);
      },
      "memory of the other kind");
}

}  // namespace
}  // namespace sdk_double::test
