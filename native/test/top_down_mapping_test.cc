#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "pose/blazepose_detector.h"
#include "pose/top_down_estimator.h"
#include "top_down_fakes.h"

namespace pose {
namespace {

using test::FakeModel;
using test::PointDecoder;
using test::run;
using test::Tensors;

constexpr int kWidth = 640;
constexpr int kHeight = 360;
constexpr int kNetWidth = 192;
constexpr int kNetHeight = 256;

/** Where the mark of each channel of the image is, in its order of channels (BGR). */
constexpr ImagePoint kMarks[3] = {{311.3F, 150.8F}, {290.6F, 217.1F}, {342.9F, 183.4F}};
const Detection kPerson{0.9F, 262.0F, 120.0F, 371.0F, 251.0F};

/** A soft dot in each channel, so that its place is known far below a pixel. */
std::vector<uint8_t> paint_marks() {
  std::vector<uint8_t> pixels(kWidth * kHeight * 3);
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      for (int channel = 0; channel < 3; ++channel) {
        const double dx = x - static_cast<double>(kMarks[channel].x_img);
        const double dy = y - static_cast<double>(kMarks[channel].y_img);
        pixels[static_cast<size_t>((y * kWidth + x) * 3 + channel)] =
            static_cast<uint8_t>(std::lround(250.0 * std::exp(-(dx * dx + dy * dy) / (2 * 3.5 * 3.5))));
      }
    }
  }
  return pixels;
}

/** A perfect network: the centre of gravity of each channel, pixels of the crop. */
void find_marks(const uint8_t* input, double (&marks)[3][2]) {
  for (int channel = 0; channel < 3; ++channel) {
    double sum = 0;
    double sum_u = 0;
    double sum_v = 0;
    for (int v = 0; v < kNetHeight; ++v) {
      for (int u = 0; u < kNetWidth; ++u) {
        const double value = input[(v * kNetWidth + u) * 3 + channel];
        sum += value;
        sum_u += value * u;
        sum_v += value * v;
      }
    }
    marks[channel][0] = sum_u / sum;
    marks[channel][1] = sum_v / sum;
  }
}

struct Network {
  HeatmapRefine refine = HeatmapRefine::quarter;
  ColorOrder color = ColorOrder::rgb;
};

std::unique_ptr<FakeModel> pose_network(const Network& network) {
  const InputSpec input{kNetHeight, kNetWidth, network.color, {}, {1.0F, 1.0F, 1.0F}, 2};
  const bool udp = network.refine == HeatmapRefine::dark_udp;
  return std::make_unique<FakeModel>(
      input, std::vector<OutputInfo>{{"heatmaps", {2, 3, 64, 48}}},
      [udp](const uint8_t* pixels, Tensors& outputs) {
        double marks[3][2];
        find_marks(pixels, marks);
        for (size_t k = 0; k < 3; ++k) {
          // A heatmap is trained so that its cell, decoded by mmpose's rule of the family, is this pixel.
          const double x_map = udp ? marks[k][0] * 47 / 191 : marks[k][0] / 4;
          const double y_map = udp ? marks[k][1] * 63 / 255 : marks[k][1] / 4;
          outputs[0][k * 64 * 48] = static_cast<float>(udp ? x_map / 47 * kNetWidth : x_map * 4);
          outputs[0][k * 64 * 48 + 1] = static_cast<float>(udp ? y_map / 63 * kNetHeight : y_map * 4);
          outputs[0][k * 64 * 48 + 2] = 0.9F;
        }
      });
}

std::unique_ptr<FakeModel> detector(const InputSpec& input, const OutputInfo& output,
                                    std::function<void(const uint8_t*, std::vector<float>&)> detect) {
  return std::make_unique<FakeModel>(
      input, std::vector<OutputInfo>{output},
      [detect](const uint8_t* pixels, Tensors& outputs) { detect(pixels, outputs[0]); });
}

std::unique_ptr<FakeModel> ssd_detector() {
  return detector({320, 544, ColorOrder::bgr, {}, {1.0F, 1.0F, 1.0F}, 1}, {"detection_out", {1, 1, 200, 7}},
                  [](const uint8_t*, std::vector<float>& rows) {
                    test::put_people({kPerson},
                                     make_letterbox(kWidth, kHeight, 544, 320, ResizeRule::stretch), rows);
                  });
}

/** A camera's frame of which `view` shows the picture with the marks. */
std::vector<uint8_t> camera_frame(const PictureView& view, int width, int height) {
  const std::vector<uint8_t> upright = paint_marks();
  std::vector<uint8_t> pixels(static_cast<size_t>(width * height * 3));
  Instances middles;
  middles.clear(kWidth * kHeight);
  Keypoint* middle = middles.append({});
  for (int i = 0; i < kWidth * kHeight; ++i) {
    middle[i] = {static_cast<float>(i % kWidth) + 0.5F, static_cast<float>(i / kWidth) + 0.5F, 1.0F};
  }
  to_camera(view, width, height, middles);
  for (int i = 0; i < kWidth * kHeight; ++i) {
    const int place = static_cast<int>(middle[i].y) * width + static_cast<int>(middle[i].x);
    std::copy_n(upright.data() + i * 3, 3, pixels.data() + place * 3);
  }
  return pixels;
}

/** Runs some frames, so that boxes are carried too, and expects the marks where they are. */
void expect_marks(std::unique_ptr<FakeModel> detector, const Network& network, TopDownOptions options,
                  const PictureView& view = {}) {
  HeatmapOptions heatmaps;
  heatmaps.refine = network.refine;
  options.decode = heatmaps;
  options.threads = 1;
  const bool whole = view.width == 0;
  const int width = whole ? kWidth : 800;
  const int height = whole ? kHeight : 700;
  const std::vector<uint8_t> pixels = camera_frame(view, width, height);
  const ImageView image{pixels.data(), width, height, width * 3};
  Instances marks;
  marks.clear(3);
  Keypoint* mark = marks.append({});
  for (int channel = 0; channel < 3; ++channel) {
    mark[channel] = {kMarks[channel].x_img, kMarks[channel].y_img, 1.0F};
  }
  to_camera(view, image.width, image.height, marks);
  const auto estimator = make_top_down_estimator(
      {std::move(detector), pose_network(network), [] { return std::make_unique<PointDecoder>(); }}, options);
  for (int i = 0; i < 3; ++i) {
    const Estimate estimate = run(*estimator, {image, 0, 0.0, view});
    ASSERT_EQ(estimate.instances.size(), 1U);
    for (int channel = 0; channel < 3; ++channel) {
      const int k = network.color == ColorOrder::rgb ? 2 - channel : channel;
      const Keypoint& keypoint = estimate.instances.keypoints_of(0)[k];
      EXPECT_NEAR(keypoint.x, mark[channel].x, 0.1F) << "channel " << channel << " of frame " << i;
      EXPECT_NEAR(keypoint.y, mark[channel].y, 0.1F) << "channel " << channel << " of frame " << i;
    }
  }
}

TEST(TopDownMapping, IsTheInverseOfTheCrop) {
  for (const HeatmapRefine refine : {HeatmapRefine::quarter, HeatmapRefine::dark, HeatmapRefine::alphapose}) {
    for (const ColorOrder color : {ColorOrder::rgb, ColorOrder::bgr}) {
      expect_marks(ssd_detector(), {refine, color}, TopDownOptions());
    }
  }
}

TEST(TopDownMapping, LooksAtAPartOfTheFrameUpright) {
  for (const int rotate : {0, 90, 180, 270}) {
    for (const Flip flip : {Flip::none, Flip::horizontal, Flip::vertical}) {
      const bool lies = rotate % 180 != 0;
      const PictureView view{30, 40, lies ? kHeight : kWidth, lies ? kWidth : kHeight, rotate, flip};
      expect_marks(ssd_detector(), Network(), TopDownOptions(), view);
    }
  }
}

TEST(TopDownMapping, IsTheInverseOfUnbiasedCrops) {
  expect_marks(ssd_detector(), {HeatmapRefine::dark_udp, ColorOrder::rgb}, TopDownOptions());
}

TEST(TopDownMapping, TakesBoxesOfMmdet) {
  auto boxes = std::make_unique<FakeModel>(
      InputSpec{320, 320, ColorOrder::rgb, {}, {1.0F, 1.0F, 1.0F}, 1},
      std::vector<OutputInfo>{{"labels", {1, 100}}, {"dets", {1, 100, 5}}},
      [](const uint8_t*, Tensors& outputs) {
        std::fill(outputs[0].begin(), outputs[0].end(), 1.0F);
        outputs[0][3] = 0.0F;
        for (size_t i = 0; i < 5; ++i) {
          const float box[5] = {kPerson.x_min / 2, kPerson.y_min / 2 + 70, kPerson.x_max / 2,
                                kPerson.y_max / 2 + 70, 0.8F};
          std::copy(box, box + 5, outputs[1].begin() + static_cast<ptrdiff_t>(i * 5));
        }
      });
  TopDownOptions options;
  options.detector.resize = ResizeRule::letterbox_centre;
  expect_marks(std::move(boxes), Network(), options);
}

TEST(TopDownMapping, TakesBoxesOfYoloInALetterbox) {
  auto yolo = detector({640, 640, ColorOrder::rgb, {}, {1.0F, 1.0F, 1.0F}, 1}, {"output0", {1, 84, 8400}},
                       [](const uint8_t* pixels, std::vector<float>& values) {
                         // Bars of 140 px above and below, the image between them.
                         const auto pixel = [pixels](int x, int y) { return pixels + (y * 640 + x) * 3; };
                         EXPECT_EQ(pixel(291, 139)[1] + pixel(291, 501)[1], 0);
                         EXPECT_GT(pixel(291, 140 + 217)[1], 200);
                         EXPECT_GT(pixel(343, 140 + 183)[0], 200) << "red first";
                         std::fill(values.begin(), values.end(), 0.0F);
                         const float box[] = {
                             (kPerson.x_min + kPerson.x_max) / 2, (kPerson.y_min + kPerson.y_max) / 2 + 140,
                             kPerson.x_max - kPerson.x_min, kPerson.y_max - kPerson.y_min, 0.9F};
                         for (size_t i = 0; i < 5; ++i) values[i * 8400 + 4711] = box[i];
                       });
  TopDownOptions options;
  options.detector.kind = DetectorKind::yolo;
  options.detector.resize = ResizeRule::letterbox_centre;
  expect_marks(std::move(yolo), Network(), options);
}

TEST(TopDownMapping, TakesBodiesOfBlazePose) {
  auto blazepose = std::make_unique<FakeModel>(
      blazepose_detector_input(), std::vector<OutputInfo>{{"boxes", {1, 2254, 12}}, {"scores", {1, 2254, 1}}},
      [](const uint8_t*, Tensors& outputs) {
        std::fill(outputs[1].begin(), outputs[1].end(), -50.0F);
        // The middle of the grid of 7 x 7 is that of the image; the circle around the body 25 input px wide.
        constexpr size_t kAnchor = 1960 + (3 * 7 + 3) * 6;
        const float values[12] = {0, 0, 20, 20, 0, 0, 0, -25, 0, 0, 0, 0};
        std::copy(values, values + 12, outputs[0].begin() + kAnchor * 12);
        outputs[1][kAnchor] = 3.0F;
      });
  TopDownOptions options;
  options.detector.kind = DetectorKind::blazepose;
  expect_marks(std::move(blazepose), Network(), options);
}

}  // namespace
}  // namespace pose
