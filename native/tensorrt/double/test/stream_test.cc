#include <cuda_runtime.h>

#include <chrono>
#include <future>
#include <thread>
#include <vector>

#include "built_network.h"
#include "double_test.h"

namespace sdk_double::test {
namespace {

using StreamTest = DoubleTest;
using StreamDeathTest = DoubleTest;

/** Writes to each place its number in the grid, plus `offset`. */
void number_places(int* places, int count, int offset) {
  const unsigned int place = (blockIdx.y * gridDim.x + blockIdx.x) * blockDim.x + threadIdx.x;
  if (place < static_cast<unsigned int>(count)) places[place] = static_cast<int>(place) + offset;
}

void wait_for(std::shared_future<void>* gate) { gate->wait(); }

cudaError_t queue_gate(std::shared_future<void>* gate, cudaStream_t stream) {
  void* arguments[] = {&gate};
  return cudaLaunchKernel(wait_for, dim3(1), dim3(1), arguments, 0, stream);
}

cudaError_t queue_numbers(void* places, int count, int offset, cudaStream_t stream) {
  auto* numbers = static_cast<int*>(places);
  void* arguments[] = {&numbers, &count, &offset};
  return cudaLaunchKernel(number_places, dim3(3, 2), dim3(4), arguments, 0, stream);
}

std::vector<int> read(const DeviceBlock& block, size_t count) {
  std::vector<int> numbers(count);
  cudaMemcpy(numbers.data(), block.get(), count * sizeof(int), cudaMemcpyDeviceToHost);
  return numbers;
}

TEST_F(StreamTest, KernelsRunOnceAThreadWithTheValuesOfTheirLaunch) {
  const DeviceBlock block(22 * sizeof(int));
  const TestStream stream;
  std::promise<void> promise;
  std::shared_future<void> gate = promise.get_future().share();
  ASSERT_EQ(queue_gate(&gate, stream.get()), cudaSuccess);
  // Its arguments are gone when it runs.
  ASSERT_EQ(queue_numbers(block.get(), 22, 100, stream.get()), cudaSuccess);
  EXPECT_EQ(cudaStreamQuery(stream.get()), cudaErrorNotReady);
  promise.set_value();
  ASSERT_EQ(cudaStreamSynchronize(stream.get()), cudaSuccess);
  EXPECT_EQ(cudaStreamQuery(stream.get()), cudaSuccess);
  const std::vector<int> numbers = read(block, 22);
  for (int i = 0; i < 22; ++i) EXPECT_EQ(numbers[static_cast<size_t>(i)], i + 100);
  EXPECT_EQ(calls().kernels, 2);
}

TEST_F(StreamTest, EventsAreReachedInTheirTurn) {
  const TestStream stream;
  cudaEvent_t event = nullptr;
  ASSERT_EQ(cudaEventCreateWithFlags(&event, cudaEventBlockingSync | cudaEventDisableTiming), cudaSuccess);
  EXPECT_EQ(cudaEventSynchronize(event), cudaSuccess);  // never recorded
  std::promise<void> promise;
  std::shared_future<void> gate = promise.get_future().share();
  ASSERT_EQ(queue_gate(&gate, stream.get()), cudaSuccess);
  ASSERT_EQ(cudaEventRecord(event, stream.get()), cudaSuccess);
  EXPECT_EQ(cudaEventQuery(event), cudaErrorNotReady);
  promise.set_value();
  EXPECT_EQ(cudaEventSynchronize(event), cudaSuccess);
  EXPECT_EQ(cudaEventQuery(event), cudaSuccess);
  EXPECT_EQ(cudaEventDestroy(event), cudaSuccess);
}

TEST_F(StreamTest, AnEventMayBeDestroyedBeforeItIsReached) {
  const TestStream stream;
  cudaEvent_t event = nullptr;
  ASSERT_EQ(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), cudaSuccess);
  std::promise<void> promise;
  std::shared_future<void> gate = promise.get_future().share();
  ASSERT_EQ(queue_gate(&gate, stream.get()), cudaSuccess);
  ASSERT_EQ(cudaEventRecord(event, stream.get()), cudaSuccess);
  EXPECT_EQ(cudaEventDestroy(event), cudaSuccess);
  promise.set_value();
  EXPECT_EQ(cudaStreamSynchronize(stream.get()), cudaSuccess);
}

TEST_F(StreamTest, TheLegacyStreamWaitsForBlockingStreamsAlone) {
  cudaStream_t blocking = nullptr;
  ASSERT_EQ(cudaStreamCreateWithFlags(&blocking, cudaStreamDefault), cudaSuccess);
  const TestStream free_stream;
  const DeviceBlock block(4);
  std::promise<void> promise;
  std::shared_future<void> gate = promise.get_future().share();
  ASSERT_EQ(queue_gate(&gate, free_stream.get()), cudaSuccess);
  EXPECT_EQ(cudaMemsetAsync(block.get(), 1, 4, blocking), cudaSuccess);
  EXPECT_EQ(read(block, 1).front(), 0x01010101);
  EXPECT_EQ(cudaStreamQuery(free_stream.get()), cudaErrorNotReady);
  promise.set_value();
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_EQ(cudaStreamDestroy(blocking), cudaSuccess);
}

TEST_F(StreamTest, KernelsOfNoThreadsAndOfTooManyAreRefused) {
  const TestStream stream;
  std::shared_future<void>* gate = nullptr;
  void* arguments[] = {&gate};
  EXPECT_EQ(cudaLaunchKernel(wait_for, dim3(0), dim3(1), arguments, 0, stream.get()),
            cudaErrorInvalidConfiguration);
  EXPECT_EQ(cudaLaunchKernel(wait_for, dim3(1), dim3(64, 32), arguments, 0, stream.get()),
            cudaErrorInvalidConfiguration);
}

TEST_F(StreamTest, AStickyErrorShowsLaterAndStays) {
  set_options("sticky-error-after=1");
  const TestStream stream;
  const DeviceBlock block(sizeof(int));
  cudaEvent_t event = nullptr;
  ASSERT_EQ(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), cudaSuccess);
  EXPECT_EQ(queue_numbers(block.get(), 1, 1, stream.get()), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(stream.get()), cudaSuccess);
  EXPECT_EQ(queue_numbers(block.get(), 1, 2, stream.get()), cudaSuccess);
  // Whoever waits is woken: here, or at once where the error is known already.
  cudaEventRecord(event, stream.get());
  cudaEventSynchronize(event);
  EXPECT_EQ(cudaStreamSynchronize(stream.get()), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaGetLastError(), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaGetLastError(), cudaErrorIllegalAddress);
  void* memory = nullptr;
  EXPECT_EQ(cudaMalloc(&memory, 1), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaEventDestroy(event), cudaErrorIllegalAddress);
  EXPECT_EQ(live_objects().events, 0);
  set_options(Options{});
  EXPECT_EQ(read(block, 1).front(), 1);
}

TEST_F(StreamDeathTest, HandlesThatAreNoneEndTheProcess) {
  EXPECT_DEATH(
      {
        cudaStream_t stream = nullptr;
        cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
        cudaStreamDestroy(stream);
        cudaStreamSynchronize(stream);
      },
      "cudaStreamSynchronize: a stream that was never created, or is destroyed");
  EXPECT_DEATH(cudaEventSynchronize(reinterpret_cast<cudaEvent_t>(8)), "cudaEventSynchronize: an event that");
  EXPECT_DEATH(cudaGraphDestroy(reinterpret_cast<cudaGraph_t>(8)), "cudaGraphDestroy: a graph that");
  EXPECT_DEATH(cudaGraphExecDestroy(reinterpret_cast<cudaGraphExec_t>(8)), "an executable graph that");
}

TEST_F(StreamDeathTest, MemoryThatIsFreedBeforeItsTurnEndsTheProcess) {
  EXPECT_DEATH(
      {
        const TestStream stream;
        std::promise<void> promise;
        std::shared_future<void> gate = promise.get_future().share();
        void* memory = nullptr;
        cudaMalloc(&memory, 8);
        queue_gate(&gate, stream.get());
        cudaMemsetAsync(memory, 0, 8, stream.get());
        cudaFree(memory);
        promise.set_value();
        cudaStreamSynchronize(stream.get());
      },
      "cudaMemsetAsync: an address that is not in the device's memory");
}

}  // namespace
}  // namespace sdk_double::test
