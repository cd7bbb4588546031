#include <chrono>
#include <string>
#include <thread>

#include "built_network.h"
#include "double_test.h"

namespace sdk_double::test {
namespace {

std::string two_layers(const std::vector<int64_t>& shape = {1, 2}) {
  return OnnxWriter()
      .input("x", shape)
      .output("y", {})
      .node("Relu", {"x"}, {"r"})
      .node("Add", {"r", "r"}, {"y"})
      .model();
}

class BuildTest : public DoubleTest {
 protected:
  void parse(const std::string& model) {
    parsed_ = std::make_unique<ParsedNetwork>(logger_, model);
    ASSERT_TRUE(parsed_->is_parsed) << logger_.errors();
    config_.reset(parsed_->builder->createBuilderConfig());
  }
  bool build() {
    const std::unique_ptr<nvinfer1::IHostMemory> plan(
        parsed_->builder->buildSerializedNetwork(*parsed_->network, *config_));
    return plan != nullptr;
  }
  void TearDown() override {
    config_.reset();
    parsed_.reset();
    DoubleTest::TearDown();
  }

  RecordingLogger logger_;
  std::unique_ptr<ParsedNetwork> parsed_;
  std::unique_ptr<nvinfer1::IBuilderConfig> config_;
};

using BuildDeathTest = BuildTest;

TEST_F(BuildTest, FailsWhereDimensionsAreLeftOpen) {
  parse(two_layers({-1, 2}));
  EXPECT_FALSE(build());
  EXPECT_NE(logger_.errors().find("dynamic dimensions [-1, 2]"), std::string::npos);
  nvinfer1::Dims dims = parsed_->network->getInput(0)->getDimensions();
  dims.d[0] = 4;
  parsed_->network->getInput(0)->setDimensions(dims);
  EXPECT_TRUE(build());
}

TEST_F(BuildTest, FailsWhereDimensionsAreNone) {
  parse(two_layers());
  nvinfer1::Dims dims = parsed_->network->getInput(0)->getDimensions();
  dims.d[0] = 0;
  parsed_->network->getInput(0)->setDimensions(dims);
  EXPECT_FALSE(build());
  EXPECT_NE(logger_.errors().find("no tensor can have shape [0, 2]"), std::string::npos);
}

TEST_F(BuildTest, FailsWhenItIsTold) {
  parse(two_layers());
  set_options("build-fails");
  EXPECT_FALSE(build());
  EXPECT_EQ(logger_.errors().find("out of memory"), std::string::npos);
  set_options("build-out-of-memory");
  EXPECT_FALSE(build());
  EXPECT_NE(logger_.errors().find("out of memory"), std::string::npos);
  set_options("no-device");
  EXPECT_FALSE(build());
}

TEST_F(BuildTest, KeepsWhatItWasAsked) {
  parse(two_layers());
  config_->setMemoryPoolLimit(nvinfer1::MemoryPoolType::kWORKSPACE, 12345);
  config_->clearFlag(nvinfer1::BuilderFlag::kTF32);
  config_->setFlag(nvinfer1::BuilderFlag::kGPU_FALLBACK);
#if NV_TENSORRT_MAJOR < 11
  config_->setFlag(nvinfer1::BuilderFlag::kFP16);
#endif
#if EDGE_POSE_DOUBLE_TENSORRT >= 806
  config_->setBuilderOptimizationLevel(5);
#endif
  EXPECT_TRUE(build());
  const BuildRequest request = last_build();
  EXPECT_EQ(request.workspace_bytes, 12345U);
  EXPECT_FALSE(request.tf32);
  EXPECT_TRUE(request.gpu_fallback);
  EXPECT_EQ(request.fp16, NV_TENSORRT_MAJOR < 11);
  EXPECT_EQ(request.strongly_typed, NV_TENSORRT_MAJOR >= 11);
  EXPECT_EQ(request.optimization_level, EDGE_POSE_DOUBLE_TENSORRT >= 806 ? 5 : 3);
  EXPECT_FALSE(request.on_dla);
  EXPECT_FALSE(request.timing_cache);
  EXPECT_EQ(calls().builds, 1);
}

TEST_F(BuildTest, RefusesAnAcceleratorThatIsNotThere) {
  parse(two_layers());
  config_->setDefaultDeviceType(nvinfer1::DeviceType::kDLA);
  config_->setDLACore(1);
  EXPECT_FALSE(build());
  EXPECT_NE(logger_.errors().find("no DLA core 1"), std::string::npos);
  set_options("dla=2");
  EXPECT_EQ(parsed_->builder->getNbDLACores(), 2);
  EXPECT_TRUE(build());
  EXPECT_TRUE(last_build().on_dla);
  EXPECT_EQ(last_build().dla_core, 1);
}

TEST_F(BuildTest, TakesTheTimeThatItIsTold) {
  parse(two_layers());
  set_options("build-ms=60");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(build());
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(60));
}

TEST_F(BuildTest, TimingCachesAreTakenBackAlone) {
  parse(two_layers());
  const std::unique_ptr<nvinfer1::ITimingCache> cache(config_->createTimingCache(nullptr, 0));
  ASSERT_NE(cache, nullptr);
  EXPECT_TRUE(config_->setTimingCache(*cache, false));
  EXPECT_EQ(config_->getTimingCache(), cache.get());
  const std::unique_ptr<nvinfer1::IHostMemory> before(cache->serialize());
  EXPECT_TRUE(build());
  EXPECT_TRUE(last_build().timing_cache);
  const std::unique_ptr<nvinfer1::IHostMemory> after(cache->serialize());
  EXPECT_GT(after->size(), before->size());
  std::string bytes(static_cast<const char*>(after->data()), after->size());
  const std::unique_ptr<nvinfer1::ITimingCache> again(config_->createTimingCache(bytes.data(), bytes.size()));
  ASSERT_NE(again, nullptr);
  EXPECT_TRUE(config_->setTimingCache(*again, false));
  set_options("gpu-name=another");
  EXPECT_FALSE(config_->setTimingCache(*again, false));
  EXPECT_TRUE(config_->setTimingCache(*again, true));
  EXPECT_EQ(config_->createTimingCache(bytes.data(), bytes.size() - 1), nullptr);
  bytes[bytes.size() / 2] ^= 1;
  EXPECT_EQ(config_->createTimingCache(bytes.data(), bytes.size()), nullptr);
  EXPECT_EQ(config_->createTimingCache("nonsense", 8), nullptr);
}

#if NV_TENSORRT_MAJOR >= 10

/** Writes down what it is told; ends the build after so many steps. */
class RecordingMonitor : public nvinfer1::IProgressMonitor {
 public:
  explicit RecordingMonitor(int most_steps = 100) : most_steps_(most_steps) {}

  void phaseStart(const char* phase, const char* parent, int32_t steps) noexcept override {
    told += std::string("start ") + phase + " of " + (parent == nullptr ? "none" : parent) + " " +
            std::to_string(steps) + "\n";
    is_foreign_thread = std::this_thread::get_id() != maker_;
  }
  bool stepComplete(const char* phase, int32_t step) noexcept override {
    told += std::string("step ") + phase + " " + std::to_string(step) + "\n";
    return --most_steps_ > 0;
  }
  void phaseFinish(const char* phase) noexcept override { told += std::string("finish ") + phase + "\n"; }

  std::string told;
  bool is_foreign_thread = false;

 private:
  std::thread::id maker_ = std::this_thread::get_id();
  int most_steps_;
};

TEST_F(BuildTest, TellsTheMonitorOfItsPhases) {
  parse(two_layers());
  RecordingMonitor monitor;
  config_->setProgressMonitor(&monitor);
  EXPECT_TRUE(build());
  EXPECT_TRUE(monitor.is_foreign_thread);
  EXPECT_EQ(monitor.told,
            "start Building Engine of none 2\n"
            "start Timing layers of Building Engine 2\n"
            "step Timing layers 0\n"
            "step Timing layers 1\n"
            "finish Timing layers\n"
            "step Building Engine 0\n"
            "step Building Engine 1\n"
            "finish Building Engine\n");
}

TEST_F(BuildTest, IsCancelledByTheMonitor) {
  parse(two_layers());
  RecordingMonitor monitor(1);
  config_->setProgressMonitor(&monitor);
  EXPECT_FALSE(build());
  EXPECT_NE(logger_.errors().find("cancelled"), std::string::npos);
  EXPECT_EQ(monitor.told,
            "start Building Engine of none 2\n"
            "start Timing layers of Building Engine 2\n"
            "step Timing layers 0\n"
            "finish Timing layers\n"
            "finish Building Engine\n");
}

#else

TEST_F(BuildTest, LogsEachLayerThatItTimes) {
  parse(two_layers());
  EXPECT_TRUE(build());
  EXPECT_NE(logger_.others().find("Computing costs for make_r\n"), std::string::npos);
  EXPECT_NE(logger_.others().find("Computing costs for make_y\n"), std::string::npos);
}

#endif

#if NV_TENSORRT_MAJOR == 10
TEST_F(BuildTest, RefusesPrecisionFlagsOfAStronglyTypedNetwork) {
  const uint32_t flags =
      1U << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED);
  parsed_ = std::make_unique<ParsedNetwork>(logger_, two_layers(), flags);
  config_.reset(parsed_->builder->createBuilderConfig());
  EXPECT_TRUE(build());
  EXPECT_TRUE(last_build().strongly_typed);
  config_->setFlag(nvinfer1::BuilderFlag::kFP16);
  EXPECT_FALSE(build());
}
#endif

TEST_F(BuildDeathTest, WhatABuilderMakesDiesBeforeIt) {
  EXPECT_DEATH(
      {
        parse(two_layers());
        parsed_->parser.reset();
        build();
      },
      "the parser, which owns the weights, is destroyed already");
  EXPECT_DEATH(
      {
        parse(two_layers());
        parsed_->builder.reset();
      },
      "networks or configurations that it created are still alive");
}

}  // namespace
}  // namespace sdk_double::test
