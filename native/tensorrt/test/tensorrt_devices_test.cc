// Devices, and what goes wrong with them. On the test double of the SDK.
#include <NvInfer.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

#include "tensorrt_engine_fixture.h"

namespace pose {
namespace {

using test::SmallNetworks;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using TensorRtDevices = test::TensorRtEngineTest;

TEST_F(TensorRtDevices, SaysWhyABuildFailed) {
  sdk_double::set_options("build-fails");
  EXPECT_THAT(failure(),
              StartsWith("ENGINE_FAILED: " + model_ + ": TensorRT could not build it for GPU.0: "));
  EXPECT_TRUE(plans().empty());
  sdk_double::set_options("build-out-of-memory");
  EXPECT_THAT(failure(), StartsWith("ENGINE_OUT_OF_MEMORY: " + model_));
  sdk_double::set_options("");
  EXPECT_EQ(failure(), "");
}

TEST_F(TensorRtDevices, SaysWhereThereIsNoGpu) {
  for (const char* absent : {"no-device", "no-driver"}) {
    sdk_double::set_options(absent);
    EXPECT_THAT(failure(), StartsWith("ENGINE_DEVICE_ABSENT: CUDA finds no GPU: "));
    EXPECT_THROW(create_engine()->devices(), EngineError);
  }
  sdk_double::set_options("");
  options_.device = "GPU.1";
  EXPECT_THAT(failure(),
              StartsWith("ENGINE_DEVICE_ABSENT: TensorRT sees no device GPU.1 here; it sees: GPU.0"));
  options_.device = "DLA";
  EXPECT_THAT(failure(), StartsWith("ENGINE_DEVICE_ABSENT"));
  options_.device = "CPU";
  EXPECT_THAT(failure(), StartsWith("ENGINE_OPTION_INVALID: device: TensorRT runs on GPU"));
}

TEST_F(TensorRtDevices, ListsDevices) {
  sdk_double::set_options("gpus=2,dla=2");
  std::vector<std::string> ids;
  for (const DeviceInfo& device : create_engine()->devices()) ids.push_back(device.id);
  EXPECT_THAT(ids, ElementsAre("GPU.0", "GPU.1", "DLA.0", "DLA.1"));
  options_.device = "GPU.1";
  EXPECT_EQ(failure(), "");
  options_.device = "DLA.1";
  options_.precision = "f32";
  EXPECT_THAT(failure(), HasSubstr("DLA.1 computes in f16 or int8, found f32"));
  options_.precision = "";
#if NV_TENSORRT_MAJOR >= 11
  SmallNetworks::half(model_, {1, 3, 8, 8});  // which alone is of half precision there
#endif
  EXPECT_EQ(failure(), "");
  EXPECT_TRUE(sdk_double::last_build().on_dla);
  EXPECT_EQ(sdk_double::last_build().dla_core, 1);
  EXPECT_TRUE(sdk_double::last_build().gpu_fallback);
}

TEST_F(TensorRtDevices, EveryAllocationMayFail) {
  compile();  // the plan
  for (const char* fault : {"malloc-fails-after=", "host-alloc-fails-after="}) {
    int failures = 0;
    for (int after = 0; after < 20; ++after) {
      for (const char* memory : {",integrated=1", ",integrated=0"}) {
        sdk_double::set_options(fault + std::to_string(after) + memory);
        const std::string found = failure();
        if (found.empty()) continue;
        EXPECT_THAT(found, StartsWith("ENGINE_OUT_OF_MEMORY: CUDA failed while "));
        ++failures;
        EXPECT_EQ(sdk_double::live_objects().total(), 0) << sdk_double::to_string(sdk_double::live_objects());
      }
    }
    EXPECT_GT(failures, 2) << fault;
    EXPECT_LT(failures, 40) << fault;
  }
}

TEST_F(TensorRtDevices, SaysThatNoContextCanBeMade) {
  sdk_double::set_options("context-fails");
  EXPECT_THAT(failure(), StartsWith("ENGINE_OUT_OF_MEMORY: TensorRT makes no execution context: "));
}

TEST_F(TensorRtDevices, AFrameIsOneLaunch) {
  for (const char* memory : {"integrated=1", "integrated=0"}) {
    sdk_double::set_options(memory);
    const auto model = compile();
    const auto request = model->create_request();
    const sdk_double::Calls before = sdk_double::calls();
    EXPECT_EQ(before.captures, 1);
    for (uint8_t level = 0; level < 10; ++level) run(*request, level);
    const sdk_double::Calls after = sdk_double::calls();
    EXPECT_EQ(after.graph_launches - before.graph_launches, 10) << memory;
    EXPECT_EQ(after.enqueues, before.enqueues) << memory;
    EXPECT_EQ(after.kernels, before.kernels) << memory;
  }
}

TEST_F(TensorRtDevices, RunsStepByStepWhereNothingCanBeCaptured) {
  for (const char* fault : {"capture-fails", "instantiate-fails", "capture-fails,integrated=0"}) {
    sdk_double::set_options(fault);
    const auto model = compile();
    const auto request = model->create_request();
    for (uint8_t level = 0; level < 10; ++level) run(*request, level);
    EXPECT_EQ(sdk_double::calls().graph_launches, 0) << fault;
  }
}

TEST_F(TensorRtDevices, TellsAFailedLaunchAndGoesOn) {
  const auto model = compile();
  const auto request = model->create_request();
  sdk_double::set_options("launch-fails-after=1");
  run(*request, 1);
  EXPECT_THROW(request->infer(), EngineError);
  EXPECT_THROW(request->start([](std::exception_ptr) { FAIL() << "told of what never began"; }), EngineError);
  sdk_double::set_options("");
  run(*request, 2);
}

TEST_F(TensorRtDevices, TellsAnErrorOfTheDevice) {
  const auto model = compile();
  const auto request = model->create_request();
  sdk_double::set_options("sticky-error-after=1");
  run(*request, 1);
  // It shows when the inference is queued or when it is waited for, whichever comes first, and once.
  std::promise<std::exception_ptr> told;
  try {
    request->start([&](std::exception_ptr error) { told.set_value(error); });
  } catch (const EngineError&) {
    told.set_value(std::current_exception());
  }
  const std::exception_ptr error = told.get_future().get();
  ASSERT_TRUE(error != nullptr);
  try {
    std::rethrow_exception(error);
  } catch (const EngineError& failed) {
    EXPECT_EQ(failed.code(), "ENGINE_FAILED");
    EXPECT_THAT(failed.what(), StartsWith("CUDA failed while "));
  }
  EXPECT_THROW(request->infer(), EngineError) << "a device that has failed stays so";
}

}  // namespace
}  // namespace pose
