#include <cuda_runtime.h>

#include <memory>
#include <thread>

#include "built_network.h"
#include "double_test.h"

namespace sdk_double::test {
namespace {

void add_one(int* number) { *number += 1; }

cudaError_t queue_add(const DeviceBlock& block, cudaStream_t stream) {
  auto* number = static_cast<int*>(block.get());
  void* arguments[] = {&number};
  return cudaLaunchKernel(add_one, dim3(1), dim3(1), arguments, 0, stream);
}

int read(const DeviceBlock& block) {
  int number = -1;
  cudaMemcpy(&number, block.get(), sizeof(number), cudaMemcpyDeviceToHost);
  return number;
}

class CaptureTest : public DoubleTest {
 protected:
  void SetUp() override {
    DoubleTest::SetUp();
    stream_ = std::make_unique<TestStream>();
    number_ = std::make_unique<DeviceBlock>(sizeof(int));
    ASSERT_EQ(cudaMemsetAsync(number_->get(), 0, sizeof(int)), cudaSuccess);
  }
  void TearDown() override {
    stream_.reset();
    number_.reset();
    DoubleTest::TearDown();
  }
  void begin() {
    ASSERT_EQ(cudaStreamBeginCapture(stream_->get(), cudaStreamCaptureModeThreadLocal), cudaSuccess);
  }
  cudaError_t end() {
    cudaGraph_t graph = nullptr;
    const cudaError_t error = cudaStreamEndCapture(stream_->get(), &graph);
    EXPECT_EQ(error != cudaSuccess, graph == nullptr);
    if (graph != nullptr) cudaGraphDestroy(graph);
    return error;
  }

  std::unique_ptr<TestStream> stream_;
  std::unique_ptr<DeviceBlock> number_;
};

TEST_F(CaptureTest, WhatIsCapturedRunsAtEachLaunchAndNotBefore) {
  begin();
  EXPECT_EQ(queue_add(*number_, stream_->get()), cudaSuccess);
  EXPECT_EQ(queue_add(*number_, stream_->get()), cudaSuccess);
  cudaGraph_t graph = nullptr;
  ASSERT_EQ(cudaStreamEndCapture(stream_->get(), &graph), cudaSuccess);
  cudaGraphExec_t executable = nullptr;
  ASSERT_EQ(cudaGraphInstantiateWithFlags(&executable, graph, 0), cudaSuccess);
  EXPECT_EQ(cudaGraphDestroy(graph), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(stream_->get()), cudaSuccess);
  EXPECT_EQ(read(*number_), 0);
  for (int launch = 1; launch <= 3; ++launch) {
    EXPECT_EQ(cudaGraphLaunch(executable, stream_->get()), cudaSuccess);
    EXPECT_EQ(cudaStreamSynchronize(stream_->get()), cudaSuccess);
    EXPECT_EQ(read(*number_), 2 * launch);
  }
  // What is launched is done, though the handle is gone.
  EXPECT_EQ(cudaGraphLaunch(executable, stream_->get()), cudaSuccess);
  EXPECT_EQ(cudaGraphExecDestroy(executable), cudaSuccess);
  EXPECT_EQ(cudaStreamSynchronize(stream_->get()), cudaSuccess);
  EXPECT_EQ(read(*number_), 8);
  EXPECT_EQ(calls().captures, 1);
  EXPECT_EQ(calls().graph_launches, 4);
}

TEST_F(CaptureTest, CallsThatNoGraphCanRepeatInvalidateIt) {
  void* memory = nullptr;
  begin();
  EXPECT_EQ(cudaMalloc(&memory, 4), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(queue_add(*number_, stream_->get()), cudaErrorStreamCaptureInvalidated);
  EXPECT_EQ(end(), cudaErrorStreamCaptureInvalidated);
  begin();
  EXPECT_EQ(cudaStreamSynchronize(stream_->get()), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(end(), cudaErrorStreamCaptureInvalidated);
  begin();
  EXPECT_EQ(cudaMemcpy(&memory, number_->get(), 4, cudaMemcpyDeviceToHost),
            cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(end(), cudaErrorStreamCaptureInvalidated);
  begin();
  EXPECT_EQ(cudaMemsetAsync(number_->get(), 0, 4, nullptr), cudaErrorStreamCaptureImplicit);
  EXPECT_EQ(end(), cudaErrorStreamCaptureInvalidated);
  EXPECT_EQ(cudaMalloc(&memory, 4), cudaSuccess);
  EXPECT_EQ(cudaFree(memory), cudaSuccess);
}

TEST_F(CaptureTest, OtherThreadsAreFreeWhereTheCaptureIsOfOneThread) {
  const auto allocate_elsewhere = [] {
    cudaError_t error = cudaSuccess;
    std::thread([&] {
      void* memory = nullptr;
      error = cudaMalloc(&memory, 4);
      if (error == cudaSuccess) cudaFree(memory);
    }).join();
    return error;
  };
  begin();
  EXPECT_EQ(allocate_elsewhere(), cudaSuccess);
  EXPECT_EQ(end(), cudaSuccess);
  ASSERT_EQ(cudaStreamBeginCapture(stream_->get(), cudaStreamCaptureModeGlobal), cudaSuccess);
  EXPECT_EQ(allocate_elsewhere(), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(end(), cudaErrorStreamCaptureInvalidated);
}

TEST_F(CaptureTest, EndsInTheThreadThatBeganIt) {
  begin();
  std::thread([&] { EXPECT_EQ(end(), cudaErrorStreamCaptureWrongThread); }).join();
  EXPECT_EQ(cudaStreamBeginCapture(stream_->get(), cudaStreamCaptureModeThreadLocal), cudaErrorIllegalState);
  EXPECT_EQ(end(), cudaSuccess);
  EXPECT_EQ(end(), cudaErrorIllegalState);
}

TEST_F(CaptureTest, NobodyWaitsForAnEventOfAGraph) {
  cudaEvent_t event = nullptr;
  ASSERT_EQ(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), cudaSuccess);
  begin();
  EXPECT_EQ(cudaEventRecord(event, stream_->get()), cudaSuccess);
  EXPECT_EQ(end(), cudaSuccess);
  EXPECT_EQ(cudaEventSynchronize(event), cudaErrorCapturedEvent);
  EXPECT_EQ(cudaEventRecord(event, stream_->get()), cudaSuccess);
  EXPECT_EQ(cudaEventSynchronize(event), cudaSuccess);
  EXPECT_EQ(cudaEventDestroy(event), cudaSuccess);
}

TEST_F(CaptureTest, LaunchesAndInstantiationFailWhenTheyAreTold) {
  begin();
  EXPECT_EQ(queue_add(*number_, stream_->get()), cudaSuccess);
  cudaGraph_t graph = nullptr;
  ASSERT_EQ(cudaStreamEndCapture(stream_->get(), &graph), cudaSuccess);
  cudaGraphExec_t executable = nullptr;
  set_options("instantiate-fails");
  EXPECT_NE(cudaGraphInstantiateWithFlags(&executable, graph, 0), cudaSuccess);
  EXPECT_EQ(executable, nullptr);
  set_options("launch-fails-after=1");
  ASSERT_EQ(cudaGraphInstantiateWithFlags(&executable, graph, 0), cudaSuccess);
  EXPECT_EQ(cudaGraphLaunch(executable, stream_->get()), cudaSuccess);
  EXPECT_EQ(cudaGraphLaunch(executable, stream_->get()), cudaErrorLaunchFailure);
  EXPECT_EQ(cudaGraphLaunch(executable, stream_->get()), cudaErrorLaunchFailure);
  EXPECT_EQ(cudaStreamSynchronize(stream_->get()), cudaSuccess);
  EXPECT_EQ(read(*number_), 1);
  EXPECT_EQ(cudaGraphExecDestroy(executable), cudaSuccess);
  EXPECT_EQ(cudaGraphDestroy(graph), cudaSuccess);
}

}  // namespace
}  // namespace sdk_double::test
