#include <cuda_runtime.h>
#include <stdlib.h>

#include <stdexcept>

#include "built_network.h"
#include "double_test.h"

namespace sdk_double::test {
namespace {

using OptionsTest = DoubleTest;

TEST_F(OptionsTest, TextSetsEveryKindOfOption) {
  const Options read = parse_options(
      "capture-fails,dla=2,gpu-name=Xavier NX,compute=7.2,integrated=0,build-ms=5,malloc-fails-after=3");
  EXPECT_TRUE(read.capture_fails);
  EXPECT_FALSE(read.build_fails);
  EXPECT_EQ(read.dla, 2);
  EXPECT_EQ(read.gpu_name, "Xavier NX");
  EXPECT_EQ(read.compute_major, 7);
  EXPECT_EQ(read.compute_minor, 2);
  EXPECT_FALSE(read.integrated);
  EXPECT_EQ(read.build_ms, 5);
  EXPECT_EQ(read.malloc_fails_after, 3);
  EXPECT_EQ(read.launch_fails_after, kNever);
  EXPECT_TRUE(parse_options("").integrated);
}

TEST_F(OptionsTest, UnknownOptionsAreRefused) {
  for (const char* text :
       {"no-devices", "dla", "dla=", "dla=x", "dla=-1", "compute=8", "no-device=1", "=", "gpus=2x"}) {
    EXPECT_THROW(parse_options(text), std::invalid_argument) << text;
  }
}

TEST(EnvironmentTest, SetsTheOptionsOfTheFirstCall) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  ASSERT_EQ(setenv("POSE_SDK_DOUBLE", "gpus=3", 1), 0);
  EXPECT_EXIT(
      {
        int count = 0;
        cudaGetDeviceCount(&count);
        std::exit(count);
      },
      testing::ExitedWithCode(3), "");
  unsetenv("POSE_SDK_DOUBLE");
}

TEST_F(OptionsTest, ASoundDeviceTellsWhatItIs) {
  set_options("gpus=2,compute=7.2,gpu-name=Xavier");
  int count = 0;
  ASSERT_EQ(cudaGetDeviceCount(&count), cudaSuccess);
  EXPECT_EQ(count, 2);
  cudaDeviceProp properties{};
  ASSERT_EQ(cudaGetDeviceProperties(&properties, 1), cudaSuccess);
  EXPECT_STREQ(properties.name, "Xavier");
  EXPECT_EQ(properties.major * 10 + properties.minor, 72);
  EXPECT_EQ(properties.integrated, 1);
  EXPECT_EQ(cudaGetDeviceProperties(&properties, 2), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaSetDevice(1), cudaSuccess);
  int device = 0;
  EXPECT_EQ(cudaGetDevice(&device), cudaSuccess);
  EXPECT_EQ(device, 1);
  EXPECT_EQ(cudaSetDevice(2), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaSetDevice(0), cudaSuccess);
}

TEST_F(OptionsTest, WithoutADeviceOrDriverNothingIsCreated) {
  for (const auto& [option, error] :
       {std::pair{"no-device", cudaErrorNoDevice}, std::pair{"no-driver", cudaErrorInsufficientDriver}}) {
    set_options(option);
    int count = 7;
    EXPECT_EQ(cudaGetDeviceCount(&count), error);
    EXPECT_EQ(count, 0);
    void* memory = nullptr;
    EXPECT_EQ(cudaMalloc(&memory, 1), error);
    RecordingLogger logger;
    EXPECT_EQ(nvinfer1::createInferBuilder(logger), nullptr);
    EXPECT_EQ(nvinfer1::createInferRuntime(logger), nullptr);
    EXPECT_NE(logger.errors().find(cudaGetErrorString(error)), std::string::npos) << logger.errors();
  }
  int driver = -1;
  EXPECT_EQ(cudaDriverGetVersion(&driver), cudaSuccess);
  EXPECT_EQ(driver, 0);
}

TEST_F(OptionsTest, ErrorsAreRememberedOnceAndHaveNames) {
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  EXPECT_EQ(cudaSetDevice(9), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaPeekAtLastError(), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  EXPECT_STREQ(cudaGetErrorName(cudaErrorIllegalAddress), "cudaErrorIllegalAddress");
  EXPECT_STREQ(cudaGetErrorString(cudaErrorMemoryAllocation), "out of memory");
}

}  // namespace
}  // namespace sdk_double::test
