// What OpenVINO compiled: what is kept, and what is compiled anew.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "digest.h"
#include "engine_conformance.h"
#include "small_networks.h"

namespace pose {
namespace {

namespace fs = std::filesystem;
using test::EngineConformance;
using test::SmallNetworks;
using test::spec;
using test::values;
using testing::StartsWith;

class OpenVinoCache : public EngineConformance {
 protected:
  std::vector<fs::path> kept() const {
    std::vector<fs::path> found;
    const fs::path folder = fs::path(options_.cache_dir) / "openvino";
    if (!fs::exists(folder)) return found;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ".blob") found.push_back(entry.path());
    }
    return found;
  }
  /** Files that compiling added. */
  size_t added() {
    const size_t before = kept().size();
    compile(model_, input_);
    return kept().size() - before;
  }
  /** Least value of a picture of one level, as the network finds it. */
  float least(uint8_t level) {
    const auto model = compile(model_, input_);
    const auto request = model->create_request();
    test::fill(*request, std::vector<uint8_t>(static_cast<size_t>(input_.height * input_.width * 3), level));
    request->infer();
    for (size_t i = 0; i < model->outputs().size(); ++i) {
      if (model->outputs()[i].is_called("least")) return values(request->output(i)).at(0);
    }
    return -1.0F;
  }

  std::string model_ = SmallNetworks::same_and_least(path("network.onnx"), {1, 3, 8, 8});
  InputSpec input_ = spec(8, 8);
};

TEST_F(OpenVinoCache, KeepsWhatItCompiledAndTakesItAgain) {
  const auto compiled = compile(model_, input_);
  ASSERT_EQ(kept().size(), 1U);
  const auto changed = fs::last_write_time(kept()[0]) - std::chrono::hours(1);
  fs::last_write_time(kept()[0], changed);
  const auto loaded = compile(model_, input_);
  EXPECT_GT(fs::last_write_time(kept().at(0)), changed) << "it was used";
  ASSERT_EQ(loaded->outputs().size(), compiled->outputs().size());
  for (size_t i = 0; i < loaded->outputs().size(); ++i) {
    EXPECT_EQ(loaded->outputs()[i].name, compiled->outputs()[i].name);
    EXPECT_EQ(loaded->outputs()[i].shape, compiled->outputs()[i].shape);
  }
  EXPECT_EQ(loaded->precision(), compiled->precision());
  EXPECT_EQ(loaded->request_count(), compiled->request_count());
  EXPECT_EQ(least(7), 7.0F);
}

TEST_F(OpenVinoCache, CompilesAnewForWhateverMakesAnother) {
  EXPECT_EQ(added(), 1U);
  EXPECT_EQ(added(), 0U);
  input_.width = 16;
  EXPECT_EQ(added(), 1U) << "another size";
  input_.batch = 2;
  EXPECT_EQ(added(), 1U) << "another batch";
  input_.mean[1] = 0.1F;
  EXPECT_EQ(added(), 1U) << "another mean";
  input_.scale[2] = 2.0F;
  EXPECT_EQ(added(), 1U) << "another scale";
  input_.name = "picture";
  EXPECT_EQ(added(), 1U) << "another name that the file is asked for";
  input_.layout = "NCHW";
  EXPECT_EQ(added(), 1U) << "another layout that the file is asked for";
  options_.precision = "";
  EXPECT_EQ(added(), 1U) << "another precision";
  options_.mode = PerformanceMode::latency;
  EXPECT_EQ(added(), 1U) << "another mode";
  options_.threads = 2;
  EXPECT_EQ(added(), 1U) << "another number of threads";
  options_.kept_outputs = {{2, 1, 1, 1}};
  EXPECT_EQ(added(), 1U) << "other outputs";
  SmallNetworks::same(model_, {1, 3, 8, 8});
  EXPECT_EQ(added(), 1U) << "another model of the same name";
  EXPECT_EQ(added(), 0U);
}

TEST_F(OpenVinoCache, CompilesAnewForADamagedFile) {
  EXPECT_EQ(least(7), 7.0F);
  const fs::path blob = kept().at(0);
  const auto size = static_cast<std::streamoff>(fs::file_size(blob));
  for (std::streamoff at = 0; at < size; at += size / 10 + 1) {
    {
      std::fstream file(blob, std::ios::binary | std::ios::in | std::ios::out);
      file.seekg(at);
      const int byte = file.get();
      file.seekp(at);
      file.put(static_cast<char>(byte ^ 0x20));
    }
    EXPECT_EQ(least(9), 9.0F) << "byte " << at;
    EXPECT_EQ(kept().size(), 1U);
  }
}

TEST_F(OpenVinoCache, RemovesWhatEarlierVersionsKept) {
  fs::create_directories(options_.cache_dir);
  const fs::path folder = options_.cache_dir;
  for (const char* name : {"6337532651246517320.blob", "1.cl_cache", "kept.txt"})
    std::ofstream(folder / name) << "x";
  EXPECT_EQ(least(7), 7.0F);
  EXPECT_FALSE(fs::exists(folder / "6337532651246517320.blob"));
  EXPECT_FALSE(fs::exists(folder / "1.cl_cache"));
  EXPECT_TRUE(fs::exists(folder / "kept.txt"));
}

TEST_F(OpenVinoCache, StillRunsWhereNothingCanBeKept) {
  std::ofstream(path("file")).flush();
  options_.cache_dir = path("file") + "/cache";
  EXPECT_EQ(least(7), 7.0F);
}

TEST_F(OpenVinoCache, RefusesAFolderOfOthers) {
  EXPECT_EQ(added(), 1U);
  fs::permissions(fs::path(options_.cache_dir) / "openvino", fs::perms::all);
  EXPECT_THAT(failure(model_, input_), StartsWith("ENGINE_CACHE_UNSAFE"));
}

TEST_F(OpenVinoCache, KeepsNothingOfAModelWhoseWeightsItDoesNotKnow) {
  const float weight = 3.0F;
  std::ofstream(path("weights.data"), std::ios::binary)
      .write(reinterpret_cast<const char*>(&weight), sizeof(weight));
  const auto pair = [](const char* key, const char* value) {
    return test::ProtobufWriter().bytes(1, key).bytes(2, value);
  };
  test::ProtobufWriter outside;
  outside.integer(2, static_cast<int64_t>(test::OnnxType::float32));
  outside.message(13, pair("location", "weights.data")).message(13, pair("length", "4")).integer(14, 1);
  test::OnnxWriter writer;
  writer.input("picture", {1, 3, 8, 8})
      .initializer("weight", outside)
      .node("ReduceMin", {"picture"}, {"level"}, {test::onnx_attribute("keepdims", int64_t{1})})
      .node("Mul", {"level", "weight"}, {"least"})
      .output("least", {1, 1, 1, 1});
  std::ofstream(model_, std::ios::binary | std::ios::trunc) << writer.model();
  EXPECT_EQ(least(7), 21.0F);
  EXPECT_TRUE(kept().empty());
}

TEST_F(OpenVinoCache, RefusesAModelOfOtherBytesThanWereChecked) {
  std::ifstream file(model_, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  options_.checksums = {{model_, sha512_hex(bytes.data(), bytes.size())}};
  EXPECT_EQ(least(7), 7.0F);
  SmallNetworks::same(model_, {1, 3, 8, 8});
  EXPECT_THAT(failure(model_, input_), StartsWith("MODEL_CHECKSUM_MISMATCH: " + model_));
}

}  // namespace
}  // namespace pose
