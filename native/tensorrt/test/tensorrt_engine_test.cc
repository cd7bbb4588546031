// What is TensorRT's alone: plans, their cache, and what goes wrong in them. Runs on the test double of the
// SDK.
#include <NvInfer.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <vector>

#include "pose/create_engine.h"
#include "sdk_double.h"
#include "small_networks.h"

namespace pose {
namespace {

namespace fs = std::filesystem;
using test::SmallNetworks;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class TensorRtEngineTest : public testing::Test {
 protected:
  TensorRtEngineTest() {
    std::string pattern = (fs::temp_directory_path() / "tensorrt-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    sdk_double::set_options(sdk_double::Options());
    options_.device = "GPU";
    options_.cache_dir = (folder_ / "cache").string();
    input_.height = 8;
    input_.width = 8;
    model_ = SmallNetworks::same((folder_ / "same.onnx").string(), {1, 3, 8, 8});
  }
  ~TensorRtEngineTest() override {
    sdk_double::set_options(sdk_double::Options());
    EXPECT_EQ(sdk_double::to_string(sdk_double::live_objects()), "nothing");
    fs::remove_all(folder_);
  }

  std::unique_ptr<CompiledModel> compile() { return create_engine()->compile(model_, input_, options_); }
  /** Builds that compiling took. */
  int builds() {
    const int before = sdk_double::calls().builds;
    compile();
    return sdk_double::calls().builds - before;
  }
  /** The code of the error, and its message; "" where everything went well up to the results of an inference.
   */
  std::string failure() {
    try {
      const auto model = compile();
      const auto request = model->create_request();
      run(*request, 7);
    } catch (const EngineError& error) {
      return error.code() + ": " + error.what();
    }
    return "";
  }
  /** One inference of a picture of one level: throws, or checks what came out. */
  static void run(InferRequest& request, uint8_t level) {
    std::fill_n(request.input(), 3 * 8 * 8, level);
    request.infer();
    for (int i = 0; i < 3 * 8 * 8; ++i) ASSERT_EQ(request.output(0).data[i], static_cast<float>(level)) << i;
  }
  std::vector<fs::path> plans() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder_ / "cache" / "tensorrt")) {
      if (entry.path().extension() == ".plan") found.push_back(entry.path());
    }
    return found;
  }

  fs::path folder_;
  std::string model_;
  InputSpec input_;
  CompileOptions options_;
};

TEST_F(TensorRtEngineTest, BuildsOnceAndThenReadsThePlan) {
  EXPECT_EQ(builds(), 1);
  EXPECT_EQ(builds(), 0);
  EXPECT_EQ(plans().size(), 1U);
  EXPECT_EQ(failure(), "") << "a plan of the cache runs";
}

TEST_F(TensorRtEngineTest, BuildsAnewForWhateverMakesAnotherPlan) {
  EXPECT_EQ(builds(), 1);
  options_.precision = "f32";
  EXPECT_EQ(builds(), 1) << "another precision";
  input_.width = 16;
  EXPECT_EQ(builds(), 1) << "another size";
  input_.batch = 2;
  EXPECT_EQ(builds(), 1) << "another batch";
  SmallNetworks::same_and_least(model_, {1, 3, 8, 8});
  EXPECT_EQ(builds(), 1) << "another model of the same name";
  options_.kept_outputs = {{2, 1, 1, 1}};
  EXPECT_EQ(builds(), 1) << "other outputs";
  sdk_double::set_options("gpu-name=Thor");
  EXPECT_EQ(builds(), 1) << "another GPU";
  sdk_double::set_options("gpu-name=Thor,compute=11.0");
  EXPECT_EQ(builds(), 1) << "another compute capability";
  EXPECT_EQ(builds(), 0);
  EXPECT_EQ(plans().size(), 8U);
}

TEST_F(TensorRtEngineTest, KeepsNothingWithoutACacheFolder) {
  options_.cache_dir.clear();
  EXPECT_EQ(builds(), 1);
  EXPECT_EQ(builds(), 1);
  EXPECT_FALSE(fs::exists(folder_ / "cache"));
}

TEST_F(TensorRtEngineTest, BuildsAnewForADamagedPlan) {
  EXPECT_EQ(builds(), 1);
  const fs::path plan = plans().at(0);
  {
    std::fstream file(plan, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(fs::file_size(plan) / 2));
    file.put('\x55');
  }
  EXPECT_EQ(builds(), 1);
  EXPECT_EQ(builds(), 0) << "the damaged one was replaced";
  fs::resize_file(plan, 100);
  EXPECT_EQ(failure(), "");
  fs::resize_file(plan, 0);
  EXPECT_EQ(failure(), "");
}

TEST_F(TensorRtEngineTest, BuildsAnewWhatTheRuntimeDoesNotTake) {
  EXPECT_EQ(builds(), 1);
  sdk_double::set_options("deserialize-fails");
  EXPECT_THAT(failure(),
              StartsWith("ENGINE_FAILED: " + model_ + ": TensorRT's runtime does not take the plan"));
  EXPECT_EQ(sdk_double::calls().builds, 1) << "once, and not for ever";
}

TEST_F(TensorRtEngineTest, LoadsNoPlanThatOthersMayHaveWritten) {
  EXPECT_EQ(builds(), 1);
  ::chmod(plans().at(0).c_str(), 0666);
  EXPECT_EQ(builds(), 1);
  ::chmod((folder_ / "cache" / "tensorrt").c_str(), 0777);
  EXPECT_THAT(failure(),
              AllOf(StartsWith("ENGINE_CACHE_UNSAFE"), HasSubstr("others may use it (mode 0777)")));
}

TEST_F(TensorRtEngineTest, TakesNoPlanAsAModel) {
  EXPECT_EQ(builds(), 1);
  const std::string plan = (folder_ / "stolen.engine").string();
  fs::copy_file(plans().at(0), plan);
  model_ = plan;
  EXPECT_THAT(failure(),
              StartsWith("MODEL_UNREADABLE: " + plan + ": a plan is a program of whoever made it"));
  model_ = (folder_ / "network.xml").string();
  EXPECT_THAT(failure(), HasSubstr("TensorRT reads ONNX alone; `pose-agent models convert` makes one"));
}

TEST_F(TensorRtEngineTest, StillRunsWhereNothingCanBeKept) {
  // A folder in the place of each file: it cannot be replaced.
  EXPECT_EQ(builds(), 1);
  for (const fs::path& plan : plans()) {
    fs::remove(plan);
    fs::create_directory(plan);
  }
  EXPECT_EQ(failure(), "");
}

TEST_F(TensorRtEngineTest, StillRunsWhereNoFolderCanBeMade) {
  std::ofstream(folder_ / "file").flush();
  options_.cache_dir = (folder_ / "file" / "cache").string();
  EXPECT_EQ(failure(), "");
}

TEST_F(TensorRtEngineTest, ReusesMeasuredTimes) {
  EXPECT_EQ(builds(), 1);
  EXPECT_TRUE(sdk_double::last_build().timing_cache);
  input_.width = 16;
  EXPECT_EQ(builds(), 1);
  int timings = 0;
  for (const auto& entry : fs::directory_iterator(folder_ / "cache" / "tensorrt")) {
    if (entry.path().extension() != ".timing") continue;
    ++timings;
    fs::resize_file(entry.path(), 3);
  }
  EXPECT_EQ(timings, 1) << "all plans of a device share one";
  input_.width = 24;
  EXPECT_EQ(builds(), 1) << "a damaged one is begun anew";
}

TEST_F(TensorRtEngineTest, SaysWhyABuildFailed) {
  sdk_double::set_options("build-fails");
  EXPECT_THAT(failure(),
              StartsWith("ENGINE_FAILED: " + model_ + ": TensorRT could not build it for GPU.0: "));
  EXPECT_TRUE(plans().empty());
  sdk_double::set_options("build-out-of-memory");
  EXPECT_THAT(failure(), StartsWith("ENGINE_OUT_OF_MEMORY: " + model_));
  sdk_double::set_options("");
  EXPECT_EQ(failure(), "");
}

TEST_F(TensorRtEngineTest, SaysWhereThereIsNoGpu) {
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

TEST_F(TensorRtEngineTest, ListsDevices) {
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

TEST_F(TensorRtEngineTest, EveryAllocationMayFail) {
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

TEST_F(TensorRtEngineTest, SaysThatNoContextCanBeMade) {
  sdk_double::set_options("context-fails");
  EXPECT_THAT(failure(), StartsWith("ENGINE_OUT_OF_MEMORY: TensorRT makes no execution context: "));
}

TEST_F(TensorRtEngineTest, AFrameIsOneLaunch) {
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

TEST_F(TensorRtEngineTest, RunsStepByStepWhereNothingCanBeCaptured) {
  for (const char* fault : {"capture-fails", "instantiate-fails", "capture-fails,integrated=0"}) {
    sdk_double::set_options(fault);
    const auto model = compile();
    const auto request = model->create_request();
    for (uint8_t level = 0; level < 10; ++level) run(*request, level);
    EXPECT_EQ(sdk_double::calls().graph_launches, 0) << fault;
  }
}

TEST_F(TensorRtEngineTest, TellsAFailedLaunchAndGoesOn) {
  const auto model = compile();
  const auto request = model->create_request();
  sdk_double::set_options("launch-fails-after=1");
  run(*request, 1);
  EXPECT_THROW(request->infer(), EngineError);
  EXPECT_THROW(request->start([](std::exception_ptr) { FAIL() << "told of what never began"; }), EngineError);
  sdk_double::set_options("");
  run(*request, 2);
}

TEST_F(TensorRtEngineTest, TellsAnErrorOfTheDevice) {
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

TEST_F(TensorRtEngineTest, TellsHowFarABuildIs) {
  SmallNetworks::quantized(model_, 8, 8);  // of several layers
  sdk_double::set_options("build-ms=3500");
  std::vector<CompileProgress> told;
  options_.on_progress = [&](const CompileProgress& progress) { told.push_back(progress); };
  compile();
  ASSERT_GE(told.size(), 3U);
  double before = 0.0;
  for (const CompileProgress& progress : told) {
    EXPECT_EQ(progress.path, model_);
    if (!std::isnan(progress.fraction)) {
      EXPECT_GE(progress.fraction, before);
      before = progress.fraction;
    }
  }
  EXPECT_EQ(told.back().fraction, 1.0);
  EXPECT_GE(told.back().elapsed_ms, 3400.0);
  const double half_way = told.at(told.size() - 2).fraction;
  EXPECT_GT(half_way, 0.1);
  EXPECT_LT(half_way, 1.0);
  told.clear();
  compile();
  EXPECT_TRUE(told.empty()) << "a plan of the cache takes no time";
}

/** Precision that was asked for, what the model says, and the answer with what the builder was told. */
TEST_F(TensorRtEngineTest, ChoosesPrecisions) {
  const auto precision = [&](const std::string& wanted) {
    options_.precision = wanted;
    return compile()->precision();
  };
#if NV_TENSORRT_MAJOR < 11
  EXPECT_EQ(precision(""), "f16");
  EXPECT_TRUE(sdk_double::last_build().fp16);
  EXPECT_EQ(precision("f16"), "f16");
  EXPECT_EQ(precision("f32"), "f32");
  EXPECT_FALSE(sdk_double::last_build().fp16);
#else
  EXPECT_EQ(precision(""), "f32") << "from 11 on a model has the precision that it says";
  EXPECT_EQ(precision("f32"), "f32");
#endif
  EXPECT_FALSE(sdk_double::last_build().tf32) << "f32 is for comparisons";
#if NV_TENSORRT_MAJOR == 10
  EXPECT_EQ(precision("bf16"), "bf16");
#else
  options_.precision = "bf16";
  EXPECT_THAT(failure(), StartsWith("ENGINE_OPTION_INVALID: precision: expected f32"));
#endif

  SmallNetworks::quantized(model_, 8, 8);
  EXPECT_EQ(precision(""), "int8");
  EXPECT_EQ(sdk_double::last_build().strongly_typed, NV_TENSORRT_MAJOR >= 10);
  EXPECT_EQ(sdk_double::last_build().int8, NV_TENSORRT_MAJOR < 10);
  options_.precision = "f32";
  EXPECT_THAT(failure(),
              StartsWith("ENGINE_OPTION_INVALID: precision: expected int8, which is the model's own"));

  SmallNetworks::half(model_, {1, 3, 8, 8});
  options_.precision = "f32";
  EXPECT_THAT(failure(),
              StartsWith("ENGINE_OPTION_INVALID: precision: expected f16, which is the model's own"));
  EXPECT_EQ(precision(""), "f16");
  EXPECT_EQ(sdk_double::last_build().fp16, NV_TENSORRT_MAJOR < 10);
  EXPECT_EQ(sdk_double::last_build().strongly_typed, NV_TENSORRT_MAJOR >= 10);
}

TEST_F(TensorRtEngineTest, TellsItsVersion) {
#if NV_TENSORRT_MAJOR >= 10
  EXPECT_THAT(create_engine()->version(), StartsWith(std::to_string(NV_TENSORRT_MAJOR) + "."));
#else
  EXPECT_THAT(create_engine()->version(), StartsWith("8."));
#endif
}

}  // namespace
}  // namespace pose
