#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "pose/create_engine.h"
#include "sdk_double.h"
#include "small_networks.h"
#include "temporary_folder.h"

namespace pose::test {

/** An engine on the test double of the SDK, a small model, and a state folder. Whatever is alive at the end
 * fails the test. */
class TensorRtEngineTest : public testing::Test {
 protected:
  TensorRtEngineTest() {
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
  std::vector<std::filesystem::path> plans() const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "cache" / "tensorrt")) {
      if (entry.path().extension() == ".plan") found.push_back(entry.path());
    }
    return found;
  }

  const TemporaryFolder temporary_;
  const std::filesystem::path& folder_ = temporary_.path();
  std::string model_;
  InputSpec input_;
  CompileOptions options_;
};

}  // namespace pose::test
