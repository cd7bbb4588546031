// Plans: what makes them, what is kept, and what is built anew. On the test double of the SDK.
#include <NvInfer.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tensorrt_engine_fixture.h"

namespace pose {
namespace {

namespace fs = std::filesystem;
using test::SmallNetworks;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
using TensorRtPlans = test::TensorRtEngineTest;

TEST_F(TensorRtPlans, BuildsOnceAndThenReadsThePlan) {
  EXPECT_EQ(builds(), 1);
  EXPECT_EQ(builds(), 0);
  EXPECT_EQ(plans().size(), 1U);
  EXPECT_EQ(failure(), "") << "a plan of the cache runs";
}

TEST_F(TensorRtPlans, BuildsAnewForWhateverMakesAnotherPlan) {
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

TEST_F(TensorRtPlans, KeepsNothingWithoutACacheFolder) {
  options_.cache_dir.clear();
  EXPECT_EQ(builds(), 1);
  EXPECT_EQ(builds(), 1);
  EXPECT_FALSE(fs::exists(folder_ / "cache"));
}

TEST_F(TensorRtPlans, BuildsAnewForADamagedPlan) {
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

TEST_F(TensorRtPlans, BuildsAnewWhatTheRuntimeDoesNotTake) {
  EXPECT_EQ(builds(), 1);
  sdk_double::set_options("deserialize-fails");
  EXPECT_THAT(failure(),
              StartsWith("ENGINE_FAILED: " + model_ + ": TensorRT's runtime does not take the plan"));
  EXPECT_EQ(sdk_double::calls().builds, 1) << "once, and not for ever";
}

TEST_F(TensorRtPlans, LoadsNoPlanThatOthersMayHaveWritten) {
  EXPECT_EQ(builds(), 1);
  ::chmod(plans().at(0).c_str(), 0666);
  EXPECT_EQ(builds(), 1);
  ::chmod((folder_ / "cache" / "tensorrt").c_str(), 0777);
  EXPECT_THAT(failure(),
              AllOf(StartsWith("ENGINE_CACHE_UNSAFE"), HasSubstr("others may use it (mode 0777)")));
}

TEST_F(TensorRtPlans, TakesNoPlanAsAModel) {
  EXPECT_EQ(builds(), 1);
  const std::string plan = (folder_ / "stolen.engine").string();
  fs::copy_file(plans().at(0), plan);
  model_ = plan;
  EXPECT_THAT(failure(),
              StartsWith("MODEL_UNREADABLE: " + plan + ": a plan is a program of whoever made it"));
  model_ = (folder_ / "network.xml").string();
  EXPECT_THAT(failure(), HasSubstr("TensorRT reads ONNX alone; `pose-agent models convert` makes one"));
}

TEST_F(TensorRtPlans, StillRunsWhereNothingCanBeKept) {
  // A folder in the place of each file: it cannot be replaced.
  EXPECT_EQ(builds(), 1);
  for (const fs::path& plan : plans()) {
    fs::remove(plan);
    fs::create_directory(plan);
  }
  EXPECT_EQ(failure(), "");
}

TEST_F(TensorRtPlans, StillRunsWhereNoFolderCanBeMade) {
  std::ofstream(folder_ / "file").flush();
  options_.cache_dir = (folder_ / "file" / "cache").string();
  EXPECT_EQ(failure(), "");
}

TEST_F(TensorRtPlans, ReusesMeasuredTimes) {
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

TEST_F(TensorRtPlans, TellsHowFarABuildIs) {
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
TEST_F(TensorRtPlans, ChoosesPrecisions) {
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

TEST_F(TensorRtPlans, TellsItsVersion) {
#if NV_TENSORRT_MAJOR >= 10
  EXPECT_THAT(create_engine()->version(), StartsWith(std::to_string(NV_TENSORRT_MAJOR) + "."));
#else
  EXPECT_THAT(create_engine()->version(), StartsWith("8."));
#endif
}

}  // namespace
}  // namespace pose
