// Models: what is read, refused and computed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "engine_conformance.h"
#include "pose/image.h"
#include "pose/letterbox.h"
#include "small_networks.h"

namespace pose {
namespace {

namespace fs = std::filesystem;
using test::EngineConformance;
using test::fill;
using test::kDevice;
using test::noise;
using test::SmallNetworks;
using test::spec;
using test::values;
using testing::ElementsAre;
using testing::HasSubstr;

size_t index_of(const CompiledModel& model, const std::string& name) {
  for (size_t i = 0; i < model.outputs().size(); ++i) {
    if (model.outputs()[i].is_called(name)) return i;
  }
  ADD_FAILURE() << "no output " << name;
  return 0;
}

TEST_F(EngineConformance, NormalisesPicturesIntoPlanes) {
  const std::string file = SmallNetworks::same(path("same.onnx"), {1, 3, 4, 5});
  InputSpec input = spec(4, 5);
  input.mean = {1.0F, 20.0F, 100.0F};
  input.scale = {2.0F, 4.0F, 50.0F};
  const auto model = compile(file, input);
  const auto request = model->create_request();
  const std::vector<uint8_t> pixels = noise(3 * 4 * 5);
  fill(*request, pixels);
  request->infer();
  const TensorView found = request->output(index_of(*model, "same"));
  EXPECT_EQ(found.shape, (Shape{1, 3, 4, 5}));
  for (size_t i = 0; i < 20; ++i) {
    for (size_t c = 0; c < 3; ++c) {
      const float expected = (static_cast<float>(pixels[3 * i + c]) - input.mean[c]) / input.scale[c];
      EXPECT_NEAR(found.data[20 * c + i], expected, 1e-4) << "pixel " << i << ", channel " << c;
    }
  }
}

TEST_F(EngineConformance, TakesChannelsLastAndBatches) {
  const std::string file = SmallNetworks::same(path("last.onnx"), {2, 4, 5, 3});
  InputSpec input = spec(4, 5);
  input.batch = 2;
  input.layout = "NHWC";
  const auto model = compile(file, input);
  const auto request = model->create_request();
  const std::vector<uint8_t> pixels = noise(2 * 3 * 4 * 5);
  fill(*request, pixels);
  request->infer();
  const std::vector<float> expected(pixels.begin(), pixels.end());
  EXPECT_EQ(values(request->output(0)), expected);
}

TEST_F(EngineConformance, ReshapesToTheSizeAskedFor) {
  for (const std::vector<int64_t>& dims : {std::vector<int64_t>{1, 3, 8, 8}, {-1, 3, -1, -1}}) {
    const std::string file = SmallNetworks::same(path("sized.onnx"), dims);
    const auto model = compile(file, spec(6, 10));
    EXPECT_EQ(model->outputs().at(0).shape, (Shape{1, 3, 6, 10}));
    const auto request = model->create_request();
    fill(*request, noise(3 * 6 * 10));
    request->infer();
    EXPECT_EQ(request->output(0).shape, (Shape{1, 3, 6, 10}));
  }
}

/** Either the engine takes the picture itself, or it is fitted before: the network sees the same. */
TEST_F(EngineConformance, FitsWholePictures) {
  constexpr int kHeight = 32;
  constexpr int kWidth = 48;
  const std::string file = SmallNetworks::same(path("fit.onnx"), {1, 3, kHeight, kWidth});
  for (const ColorOrder color : {ColorOrder::bgr, ColorOrder::rgb}) {
    InputSpec input = spec(kHeight, kWidth);
    input.color = color;
    const auto model = compile(file, input);
    const auto request = model->create_request();
    for (const auto& [width, height] : {std::pair<int, int>{100, 75}, {30, 20}, {333, 77}}) {
      const ptrdiff_t stride = 3 * width + 5;
      const std::vector<uint8_t> pixels = noise(static_cast<size_t>(stride * height));
      const ImageView image{pixels.data(), width, height, stride};
      Letterbox letterbox = make_letterbox(width, height, kWidth, kHeight, ResizeRule::letterbox_centre);
      letterbox.fill = 77;
      LetterboxArena arena;
      std::vector<uint8_t> expected(3 * kHeight * kWidth);
      resize_letterbox(image, letterbox, color, Interpolation::linear, arena, expected.data());
      load_picture(*request, image, letterbox, color, Interpolation::linear, arena);
      request->infer();
      const TensorView found = request->output(0);
      for (size_t i = 0; i < kHeight * kWidth; ++i) {
        for (size_t c = 0; c < 3; ++c) {
          ASSERT_NEAR(found.data[c * kHeight * kWidth + i], expected[3 * i + c], 1.0)
              << width << " px wide, " << i;
        }
      }
    }
    // A buffer filled by hand afterwards is not mistaken for the last picture.
    const std::vector<uint8_t> pixels = noise(3 * kHeight * kWidth, 9);
    fill(*request, pixels);
    request->infer();
    EXPECT_EQ(request->output(0).data[1], static_cast<float>(pixels[3]));
  }
}

TEST_F(EngineConformance, FitsPicturesInPlanes) {
  constexpr int kHeight = 32;
  constexpr int kWidth = 48;
  const std::string file = SmallNetworks::same(path("planes.onnx"), {1, 3, kHeight, kWidth});
  for (const ColorOrder color : {ColorOrder::bgr, ColorOrder::rgb}) {
    InputSpec input = spec(kHeight, kWidth);
    input.color = color;
    const auto model = compile(file, input);
    const auto request = model->create_request();
    for (const auto& [width, height] : {std::pair<int, int>{100, 75}, {30, 20}, {333, 77}}) {
      const std::vector<uint8_t> pixels = noise(i420_bytes(width, height));
      const YuvView picture = i420_view(pixels.data(), width, height, YuvColors::bt709);
      Letterbox letterbox = make_letterbox(width, height, kWidth, kHeight, ResizeRule::letterbox_centre);
      letterbox.fill = 77;
      YuvLetterboxArena arena;
      std::vector<uint8_t> expected(3 * kHeight * kWidth);
      resize_letterbox(picture, letterbox, color, arena, expected.data());
      load_picture(*request, picture, letterbox, color, arena);
      request->infer();
      const TensorView found = request->output(0);
      for (size_t i = 0; i < kHeight * kWidth; ++i) {
        for (size_t c = 0; c < 3; ++c) {
          ASSERT_NEAR(found.data[c * kHeight * kWidth + i], expected[3 * i + c], 1.0)
              << width << " px wide, " << i;
        }
      }
    }
  }
}

TEST_F(EngineConformance, RefusesAnInputOfAnotherKind) {
  const std::string file = SmallNetworks::same(path("same.onnx"), {1, 3, 8, 8});
  InputSpec input = spec(8, 8);
  input.name = "image";
  EXPECT_THAT(failure(file, input), HasSubstr("MODEL_SHAPE_MISMATCH"));
  EXPECT_THAT(failure(file, input), HasSubstr("expected an input called image, found picture"));
  input.name = "picture";
  EXPECT_EQ(failure(file, input), "");
  input.layout = "NHWC";
  EXPECT_THAT(failure(file, input), HasSubstr("expected an input of layout NHWC, found NCHW"));

  const std::string grey = SmallNetworks::same(path("grey.onnx"), {1, 1, 8, 8});
  EXPECT_THAT(failure(grey, spec(8, 8)), HasSubstr("MODEL_SHAPE_MISMATCH"));
  EXPECT_THAT(failure(grey, spec(8, 8)),
              HasSubstr("expected one picture input of shape [1, 3, H, W] or [1, H, W, 3]"));
  const std::string two = SmallNetworks::two_inputs(path("two.onnx"));
  EXPECT_THAT(failure(two, spec(8, 8)),
              HasSubstr("MODEL_SHAPE_MISMATCH: " + two + ": expected 1 input, found 2"));
}

TEST_F(EngineConformance, RefusesASizeThatTheNetworkDoesNotTake) {
  const std::string file = SmallNetworks::fixed_reshape(path("fixed.onnx"));
  EXPECT_EQ(failure(file, spec(8, 8)), "");
  EXPECT_THAT(failure(file, spec(8, 16)), HasSubstr("MODEL_SHAPE_MISMATCH: " + file));
  try {
    create_engine()->inspect(file, {16, 8});
    ADD_FAILURE() << "a size was taken that the network does not take";
  } catch (const EngineError& error) {
    EXPECT_EQ(error.code(), "MODEL_SHAPE_MISMATCH");
  }
}

TEST_F(EngineConformance, RefusesFilesThatAreNoModels) {
  EXPECT_THAT(failure(path("nowhere.onnx"), spec(8, 8)), HasSubstr("MODEL_UNREADABLE"));
  EXPECT_THAT(failure(path("nowhere.onnx"), spec(8, 8)), HasSubstr("no such file"));
  std::ofstream(path("empty.onnx")).flush();
  EXPECT_THAT(failure(path("empty.onnx"), spec(8, 8)), HasSubstr("the file is empty"));
  const std::vector<uint8_t> bytes = noise(4096);
  std::ofstream(path("noise.onnx"), std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), 4096);
  EXPECT_THAT(failure(path("noise.onnx"), spec(8, 8)), HasSubstr("MODEL_UNREADABLE"));

  const std::string whole = SmallNetworks::same(path("same.onnx"), {1, 3, 8, 8});
  fs::resize_file(whole, fs::file_size(whole) / 2);
  EXPECT_THAT(failure(whole, spec(8, 8)), HasSubstr("MODEL_UNREADABLE"));
  const std::string unknown = SmallNetworks::unknown_operator(path("unknown.onnx"));
  EXPECT_THAT(failure(unknown, spec(8, 8)), HasSubstr("MODEL_UNREADABLE"));
}

TEST_F(EngineConformance, RefusesWhatItDoesNotHave) {
  const std::string file = SmallNetworks::same(path("same.onnx"), {1, 3, 8, 8});
  options_.device = "GPU.7";
  EXPECT_THAT(failure(file, spec(8, 8)), HasSubstr("ENGINE_DEVICE_ABSENT"));
  options_.device = kDevice;
  options_.precision = "f64";
  EXPECT_THAT(failure(file, spec(8, 8)), HasSubstr("ENGINE_OPTION_INVALID: precision: expected f32"));
}

TEST_F(EngineConformance, KeepsTheOutputsAskedFor) {
  const std::string file = SmallNetworks::same_and_least(path("both.onnx"), {1, 3, 8, 8});
  EXPECT_EQ(compile(file, spec(8, 8))->outputs().size(), 2U);
  options_.kept_outputs = {{1, 1, 1, 1}};
  const auto model = compile(file, spec(8, 8));
  ASSERT_EQ(model->outputs().size(), 1U);
  EXPECT_TRUE(model->outputs()[0].is_called("least"));
  const auto request = model->create_request();
  std::vector<uint8_t> pixels(3 * 8 * 8, 200);
  pixels[17] = 3;
  fill(*request, pixels);
  request->infer();
  EXPECT_THAT(values(request->output(0)), ElementsAre(3.0F));
  options_.kept_outputs = {{9, 9}};
  EXPECT_EQ(compile(file, spec(8, 8))->outputs().size(), 2U) << "none of these: all are left";
}

TEST_F(EngineConformance, ReadsOutputsOfOtherTypesAsFloats) {
  options_.precision = "";  // a model of half precision need not run in single
  for (const test::ElementType type :
       {test::ElementType::int64, test::ElementType::int32, test::ElementType::half}) {
    const std::string file = SmallNetworks::least_as(path("typed.onnx"), {1, 3, 8, 8}, type);
    const auto model = compile(file, spec(8, 8));
    const auto request = model->create_request();
    fill(*request, std::vector<uint8_t>(3 * 8 * 8, 42));
    request->infer();
    EXPECT_THAT(values(request->output(0)), ElementsAre(42.0F)) << static_cast<int>(type);
  }
}

TEST_F(EngineConformance, ComputesAConvolution) {
  const std::string file = SmallNetworks::convolution(path("convolution.onnx"), 8, 8);
  const auto model = compile(file, spec(8, 8));
  const auto request = model->create_request();
  const std::vector<uint8_t> pixels = noise(3 * 8 * 8);
  fill(*request, pixels);
  request->infer();
  const TensorView found = request->output(0);
  ASSERT_EQ(found.shape, (Shape{1, 1, 8, 8}));
  const auto at = [&](int y, int x, int c) {
    const bool is_inside = y >= 0 && y < 8 && x >= 0 && x < 8;
    return is_inside ? static_cast<float>(pixels[static_cast<size_t>(3 * (8 * y + x) + c)]) : 0.0F;
  };
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8; ++x) {
      float sum = 0.0F;
      for (int c = 0; c < 3; ++c) {
        for (int dy = -1; dy <= 1; ++dy) {
          for (int dx = -1; dx <= 1; ++dx) sum += SmallNetworks::weight(c, dy, dx) * at(y + dy, x + dx, c);
        }
      }
      EXPECT_NEAR(found.data[8 * y + x], sum, 0.01F) << y << ", " << x;
    }
  }
}

TEST_F(EngineConformance, SaysWhatAModelIs) {
  const std::string file = SmallNetworks::same_and_least(path("both.onnx"), {-1, 3, -1, -1});
  const auto engine = create_engine();
  const ModelOutline as_written = engine->inspect(file, {});
  ASSERT_EQ(as_written.inputs.size(), 1U);
  EXPECT_EQ(as_written.inputs[0].name, "picture");
  EXPECT_THAT(as_written.inputs[0].dims, ElementsAre(-1, 3, -1, -1));
  EXPECT_EQ(as_written.inputs[0].type, "f32");
  EXPECT_EQ(as_written.outputs.size(), 2U);
  const ModelOutline sized = engine->inspect(file, {10, 6});
  EXPECT_THAT(sized.outputs.at(0).dims, ElementsAre(1, 3, 6, 10));
  EXPECT_THROW(engine->inspect(path("nowhere.onnx"), {}), EngineError);
  EXPECT_FALSE(engine->devices().empty());
  EXPECT_FALSE(engine->version().empty());
}

}  // namespace
}  // namespace pose
