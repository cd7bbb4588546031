#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "pose/create_engine.h"
#include "temporary_folder.h"

namespace pose::test {

/** Where an engine runs by default; set by the build. */
constexpr const char* kDevice = POSE_CONFORMANCE_DEVICE;

/** What every engine must do, whatever runs behind it: these tests are built once against each, and linked
 * with its create_engine(). */
class EngineConformance : public testing::Test {
 protected:
  EngineConformance() {
    options_.device = kDevice;
    options_.precision = "f32";
    options_.cache_dir = path("cache");
    options_.threads = 1;
  }

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  std::unique_ptr<CompiledModel> compile(const std::string& file, const InputSpec& input) {
    return create_engine()->compile(file, input, options_);
  }
  /** The code of the error that compiling gives, and its message; "" where there is none. */
  std::string failure(const std::string& file, const InputSpec& input) {
    try {
      compile(file, input);
    } catch (const EngineError& error) {
      return error.code() + ": " + error.what();
    }
    return "";
  }

  TemporaryFolder folder_;
  CompileOptions options_;
};

inline InputSpec spec(int height, int width) {
  InputSpec input;
  input.height = height;
  input.width = width;
  return input;
}

inline void fill(InferRequest& request, const std::vector<uint8_t>& pixels) {
  std::copy(pixels.begin(), pixels.end(), request.input());
}

inline std::vector<uint8_t> noise(size_t bytes, unsigned seed = 1) {
  std::mt19937 generator(seed);
  std::vector<uint8_t> pixels(bytes);
  for (uint8_t& pixel : pixels) pixel = static_cast<uint8_t>(generator());
  return pixels;
}

inline std::vector<float> values(const TensorView& tensor) {
  return {tensor.data, tensor.data + tensor.shape.elements()};
}

}  // namespace pose::test
