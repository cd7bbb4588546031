#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "pose/box_crop.h"
#include "pose/top_down_estimator.h"
#include "top_down_fakes.h"

namespace pose {
namespace {

using test::FakeModel;
using test::Tensors;

/** Takes [N, K, bins] twice, the second optional where `roles` says so. */
class PairDecoder : public Decoder {
 public:
  explicit PairDecoder(std::vector<TensorRole> roles) : roles_(std::move(roles)) {}
  const std::vector<TensorRole>& roles() const override { return roles_; }
  int check(const std::vector<Shape>& shapes) const override {
    for (const Shape& shape : shapes) {
      if (shape.rank() != 3) throw std::invalid_argument("expected [N, K, bins], found " + shape.to_string());
    }
    return static_cast<int>(shapes[0][1]);
  }
  void decode(const std::vector<TensorView>& tensors, Instances& people_net) override {
    people_net.clear(static_cast<int>(tensors[0].shape[1]));
    for (int64_t n = 0; n < tensors[0].shape[0]; ++n) {
      Keypoint* keypoints = people_net.append({0.5F, 0.5F, -1});
      for (int64_t k = 0; k < tensors[0].shape[1]; ++k) {
        keypoints[k] = {tensors[0].data[0], tensors[1].data[0], 0.9F};
      }
    }
  }

 private:
  std::vector<TensorRole> roles_;
};

InputSpec input(int width, int height, int batch = 1) {
  return {height, width, ColorOrder::bgr, {}, {1.0F, 1.0F, 1.0F}, batch};
}

std::unique_ptr<FakeModel> model(const InputSpec& spec, std::vector<OutputInfo> outputs) {
  return std::make_unique<FakeModel>(spec, std::move(outputs), [](const uint8_t*, Tensors&) {});
}

std::unique_ptr<FakeModel> ssd_detector() {
  return model(input(544, 320), {{"detection_out", {1, 1, 200, 7}}});
}

std::unique_ptr<FakeModel> heatmap_network() {
  return model(input(192, 256, 4), {{"heatmaps", {4, 17, 64, 48}}});
}

std::unique_ptr<Estimator> make(std::unique_ptr<FakeModel> detector, std::unique_ptr<FakeModel> network,
                                const TopDownOptions& options) {
  return make_top_down_estimator(
      {std::move(detector), std::move(network),
       []() -> std::unique_ptr<Decoder> { return std::make_unique<test::PointDecoder>(); }},
      options);
}

void expect_code(const std::string& code, const std::string& words, const std::function<void()>& action) {
  try {
    action();
    FAIL() << "nothing was thrown: " << words;
  } catch (const EngineError& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

TEST(TopDownOptions, OutOfRangeAreRefused) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto refuse = [](const std::string& words, const std::function<void(TopDownOptions&)>& change) {
    TopDownOptions options;
    change(options);
    expect_code("ENGINE_OPTION_INVALID", words, [&] { make(ssd_detector(), heatmap_network(), options); });
  };
  EXPECT_NO_THROW(make(ssd_detector(), heatmap_network(), TopDownOptions()));
  refuse("max_people", [](TopDownOptions& o) { o.max_people = 0; });
  refuse("max_people", [](TopDownOptions& o) { o.max_people = 65; });
  refuse("detector_interval", [](TopDownOptions& o) { o.detector_interval = 0; });
  refuse("box_scale", [](TopDownOptions& o) { o.box_scale = 0.9F; });
  refuse("box_scale", [nan](TopDownOptions& o) { o.box_scale = nan; });
  refuse("keypoint_threshold", [](TopDownOptions& o) { o.keypoint_threshold = 1.1F; });
  refuse("threads", [](TopDownOptions& o) { o.threads = -1; });
  refuse("score_threshold", [](TopDownOptions& o) { o.detector.score_threshold = 0.0F; });
  refuse("iou_threshold", [nan](TopDownOptions& o) { o.detector.iou_threshold = nan; });
  refuse("heatmaps or of SimCC", [](TopDownOptions& o) { o.decode = OpenPoseOptions(); });
}

TEST(TopDownOptions, PersonLabelMustBeAClassOfYolo) {
  TopDownOptions options;
  options.detector.kind = DetectorKind::yolo;
  options.detector.person_label = 1;
  expect_code("ENGINE_OPTION_INVALID", "person_label", [&] {
    make(model(input(640, 640), {{"output0", {1, 5, 8400}}}), heatmap_network(), options);
  });
}

TEST(TopDownOutputs, OfThePoseNetworkMustFitItsInput) {
  const auto refuse = [](const std::string& words, const OutputInfo& output) {
    expect_code("MODEL_SHAPE_MISMATCH", words,
                [&] { make(ssd_detector(), model(input(192, 256, 4), {output}), TopDownOptions()); });
  };
  refuse("[4, 17, 48, 64]", {"heatmaps", {4, 17, 48, 64}});
  refuse("batch of 4", {"heatmaps", {1, 17, 64, 48}});
  refuse("64 x 48 cells", {"heatmaps", {4, 17, 128, 96}});
  refuse("poses [4, 17, 3]", {"poses", {4, 17, 3}});
  TopDownOptions options;
  options.outputs = {"other"};
  expect_code("MODEL_SHAPE_MISMATCH", "called other",
              [&] { make(ssd_detector(), heatmap_network(), options); });
}

TEST(TopDownOutputs, OfThePoseNetworkAreFoundByNameOrShape) {
  TopDownOptions options;
  const auto network = [] {
    return model(input(192, 256),
                 {{"first", {1, 26, 64, 48}}, {"mask", {1, 1, 256, 192}}, {"second", {1, 17, 64, 48}}});
  };
  std::vector<uint8_t> pixels(64 * 64 * 3);
  const Frame frame{{pixels.data(), 64, 64, 64 * 3}, 0, 0.0};
  expect_code("MODEL_SHAPE_MISMATCH", "several outputs may be heatmaps",
              [&] { make(ssd_detector(), network(), options); });
  options.outputs = {"second"};
  EXPECT_EQ(test::run(*make(ssd_detector(), network(), options), frame).instances.keypoint_count, 17);
}

/** A person in the middle, found by the axes' outputs 0 (x) and 1 (y). */
void expect_simcc_axes(const InputSpec& spec, const std::vector<OutputInfo>& outputs,
                       const std::vector<TensorRole>& roles) {
  auto network = std::make_unique<FakeModel>(spec, outputs, [](const uint8_t*, Tensors& tensors) {
    tensors[0][0] = 10.0F;
    tensors[1][0] = 20.0F;
  });
  auto detector = std::make_unique<FakeModel>(
      input(100, 100), std::vector<OutputInfo>{{"found", {1, 1, 2, 7}}},
      [](const uint8_t*, Tensors& tensors) {
        test::put_people({{0.9F, 20, 20, 80, 80}}, make_letterbox(100, 100, 100, 100, ResizeRule::stretch),
                         tensors[0]);
      });
  TopDownOptions options;
  options.decode = SimccOptions();
  options.box_scale = 1.0F;
  const auto estimator = make_top_down_estimator(
      {std::move(detector), std::move(network),
       [&roles]() -> std::unique_ptr<Decoder> { return std::make_unique<PairDecoder>(roles); }},
      options);
  std::vector<uint8_t> pixels(100 * 100 * 3);
  const Estimate estimate = test::run(*estimator, {{pixels.data(), 100, 100, 300}, 0, 0.0});
  ASSERT_EQ(estimate.instances.size(), 1U);
  const CropBox box = enlarge_to_aspect({50, 50, 60, 60}, 1.0F, spec.width, spec.height);
  const ImagePoint expected = outputs[0].shape[2] == 2 * spec.width
                                  ? BoxProjection(box, spec.width, spec.height).to_image(10, 20)
                                  : BoxProjection(box, spec.width, spec.height).to_image(20, 10);
  EXPECT_NEAR(estimate.instances.keypoints[0].x, expected.x_img, 1e-3F);
  EXPECT_NEAR(estimate.instances.keypoints[0].y, expected.y_img, 1e-3F);
}

TEST(TopDownOutputs, OfSimccAreToldApartByTheirBins) {
  const std::vector<TensorRole> roles{{"simcc_x", false}, {"simcc_y", false}};
  expect_simcc_axes(input(192, 256), {{"x", {1, 17, 384}}, {"y", {1, 17, 512}}}, roles);
  expect_simcc_axes(input(192, 256), {{"y", {1, 17, 512}}, {"x", {1, 17, 384}}}, roles);
  expect_code("MODEL_SHAPE_MISMATCH", "several outputs may be simcc_x, simcc_y", [&] {
    expect_simcc_axes(input(256, 256), {{"x", {1, 17, 512}}, {"y", {1, 17, 512}}}, roles);
  });
}

TEST(TopDownOutputs, OfTheDetectorMustBeItsKinds) {
  const auto refuse = [](DetectorKind kind, const std::string& words,
                         const std::vector<OutputInfo>& outputs) {
    TopDownOptions options;
    options.detector.kind = kind;
    expect_code("MODEL_SHAPE_MISMATCH", words,
                [&] { make(model(input(640, 640), outputs), heatmap_network(), options); });
  };
  refuse(DetectorKind::ssd, "[1, 1, N, 7]", {{"output0", {1, 84, 8400}}});
  refuse(DetectorKind::ssd, "none", {});
  refuse(DetectorKind::yolo, "[1, 1, 200, 7]", {{"detection_out", {1, 1, 200, 7}}});
  refuse(DetectorKind::yolo, "whether there is objectness", {{"output0", {1, 8400, 6}}});
  refuse(DetectorKind::blazepose, "224 x 224", {{"boxes", {1, 2254, 12}}});
  refuse(DetectorKind::ssd, "one output of its kind alone",
         {{"boxes", {100, 5}}, {"track_ids", {100}}, {"labels", {100}}});
  refuse(DetectorKind::yolo, "one output of its kind alone",
         {{"output0", {1, 84, 8400}}, {"output1", {1, 84, 8400}}});
  TopDownOptions by_alias;
  by_alias.detector.boxes = "dets:0";
  EXPECT_NO_THROW(make(model(input(544, 320), {{"out", {1, 1, 200, 7}, {"out", "dets:0"}}}),
                       heatmap_network(), by_alias));
  TopDownOptions options;
  options.detector.boxes = "boxes";
  expect_code("MODEL_SHAPE_MISMATCH", "called boxes",
              [&] { make(ssd_detector(), heatmap_network(), options); });
  options.detector.boxes = "";
  options.detector.labels = "classes";
  expect_code("MODEL_SHAPE_MISMATCH", "called classes", [&] {
    make(model(input(320, 320), {{"dets", {1, 100, 5}}, {"labels", {1, 100}}}), heatmap_network(), options);
  });
}

}  // namespace
}  // namespace pose
