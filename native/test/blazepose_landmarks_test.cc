#include "pose/blazepose_landmarks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include "allocation_counter.h"

namespace pose {
namespace {

constexpr size_t kNetwork = 39;
constexpr int kMap = 64;

/** Outputs of a body in the middle whose heatmaps are silent, to be filled in. */
struct Outputs {
  Outputs() : landmarks(kNetwork * 5, 128.0F), flag(1, 0.9F), heatmaps(kMap * kMap * kNetwork, -20.0F) {}
  float& cell(size_t landmark, int x_map, int y_map) {
    return heatmaps[static_cast<size_t>(y_map * kMap + x_map) * kNetwork + landmark];
  }
  BlazePoseLandmarkTensors tensors() const {
    return {{landmarks.data(), {1, 195}}, {flag.data(), {1, 1}}, {heatmaps.data(), {1, 64, 64, 39}}};
  }
  BlazePoseBody decode() const {
    BlazePoseBody body;
    decode_blazepose_landmarks(tensors(), body);
    return body;
  }
  std::vector<float> landmarks;
  std::vector<float> flag;
  std::vector<float> heatmaps;
};

/** Weighted mean position of the cells around (x, y) in 0..1, in double; the mean stays where all are weak.
 */
void naive_refine(Outputs& outputs, size_t landmark, int radius, double& x, double& y) {
  const int x_map = static_cast<int>(x * kMap);
  const int y_map = static_cast<int>(y * kMap);
  double sum = 0;
  double sum_x = 0;
  double sum_y = 0;
  double largest = 0;
  for (int row = std::max(0, y_map - radius); row <= std::min(kMap - 1, y_map + radius); ++row) {
    for (int column = std::max(0, x_map - radius); column <= std::min(kMap - 1, x_map + radius); ++column) {
      const double confidence = 1.0 / (1.0 + std::exp(-outputs.cell(landmark, column, row)));
      sum += confidence;
      sum_x += column * confidence;
      sum_y += row * confidence;
      largest = std::max(largest, confidence);
    }
  }
  if (largest < 0.5) return;
  x = sum_x / sum / kMap;
  y = sum_y / sum / kMap;
}

TEST(BlazePoseLandmarks, ScalesPositionsAndSquashesConfidences) {
  Outputs outputs;
  float* values = &outputs.landmarks[4 * 5];
  values[0] = 64.0F;
  values[1] = 32.0F;
  values[2] = -16.0F;
  values[3] = 0.0F;
  values[4] = 2.0F;
  const BlazePoseBody body = outputs.decode();
  ASSERT_TRUE(body.found);
  EXPECT_FLOAT_EQ(body.flag, 0.9F);
  EXPECT_FLOAT_EQ(body.landmarks[4].x, 0.25F);
  EXPECT_FLOAT_EQ(body.landmarks[4].y, 0.125F);
  EXPECT_FLOAT_EQ(body.landmarks[4].z, -0.0625F);
  EXPECT_FLOAT_EQ(body.landmarks[4].visibility, 0.5F);
  EXPECT_FLOAT_EQ(body.landmarks[4].presence, 1.0F / (1.0F + std::exp(-2.0F)));
}

TEST(BlazePoseLandmarks, NeedsAFlagAboveOneHalf) {
  Outputs outputs;
  outputs.flag[0] = 0.5F;
  EXPECT_FALSE(outputs.decode().found);
  outputs.flag[0] = 0.50001F;
  EXPECT_TRUE(outputs.decode().found);
}

TEST(BlazePoseLandmarks, RefinesByTheHeatmapAsTheNaiveMean) {
  Outputs outputs;
  std::mt19937 random(5);
  std::uniform_real_distribution<float> value(-6.0F, 2.0F);
  std::uniform_real_distribution<float> position(-8.0F, 264.0F);
  for (float& cell : outputs.heatmaps) cell = value(random);
  for (size_t i = 0; i < kNetwork; ++i) {
    outputs.landmarks[i * 5] = position(random);
    outputs.landmarks[i * 5 + 1] = position(random);
  }
  const BlazePoseBody body = outputs.decode();
  ASSERT_TRUE(body.found);
  for (size_t i = 0; i < kBlazePoseLandmarks; ++i) {
    double x = outputs.landmarks[i * 5] / 256.0;
    double y = outputs.landmarks[i * 5 + 1] / 256.0;
    const auto inside = [](double coordinate) { return coordinate > -1.0 / kMap && coordinate < 1.0; };
    if (inside(x) && inside(y)) naive_refine(outputs, i, 4, x, y);
    EXPECT_NEAR(body.landmarks[i].x, x, 1e-5) << i;
    EXPECT_NEAR(body.landmarks[i].y, y, 1e-5) << i;
  }
}

TEST(BlazePoseLandmarks, LooksAtNineByNineCells) {
  Outputs outputs;
  outputs.cell(0, 32, 32) = 10.0F;
  outputs.cell(0, 36, 28) = 10.0F;  // 4 away: within
  outputs.cell(0, 37, 32) = 10.0F;  // 5 away: beyond
  const BlazePoseBody body = outputs.decode();
  EXPECT_NEAR(body.landmarks[0].x, 34.0F / kMap, 1e-5F);
  EXPECT_NEAR(body.landmarks[0].y, 30.0F / kMap, 1e-5F);
}

TEST(BlazePoseLandmarks, StaysWhereTheHeatmapIsWeak) {
  Outputs outputs;
  outputs.cell(0, 33, 32) = -0.01F;
  EXPECT_EQ(outputs.decode().landmarks[0].x, 0.5F);
  outputs.cell(0, 33, 32) = 0.0F;
  EXPECT_NEAR(outputs.decode().landmarks[0].x, 33.0F / kMap, 1e-4F);
}

TEST(BlazePoseLandmarks, TakesBrokenTensorsForNobody) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {nan, infinity, -infinity, 3e38F, -1e6F}) {
    for (size_t value = 0; value < 3; ++value) {
      Outputs outputs;
      outputs.landmarks[34 * 5 + value] = bad;
      EXPECT_FALSE(outputs.decode().found) << bad << " at " << value;
    }
  }
  Outputs outputs;
  outputs.landmarks[3] = nan;
  EXPECT_FALSE(outputs.decode().found);
  Outputs flag_nan;
  flag_nan.flag[0] = nan;
  EXPECT_FALSE(flag_nan.decode().found);
  Outputs unused;  // the last four landmarks are nobody's business
  unused.landmarks[35 * 5] = nan;
  EXPECT_TRUE(unused.decode().found);
}

TEST(BlazePoseLandmarks, KeepsPositionsWhereTheHeatmapIsBroken) {
  Outputs outputs;
  std::fill(outputs.heatmaps.begin(), outputs.heatmaps.end(), std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(outputs.decode().landmarks[0].x, 0.5F);
  std::fill(outputs.heatmaps.begin(), outputs.heatmaps.end(), std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isfinite(outputs.decode().landmarks[0].x));
  outputs.cell(0, 33, 32) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(outputs.decode().landmarks[0].x, 0.5F);
}

TEST(BlazePoseLandmarks, RefusesOtherShapes) {
  Outputs outputs;
  BlazePoseBody body;
  for (int wrong = 0; wrong < 3; ++wrong) {
    BlazePoseLandmarkTensors tensors = outputs.tensors();
    TensorView* views[] = {&tensors.landmarks, &tensors.flag, &tensors.heatmaps};
    views[wrong]->shape = Shape{1, 39, 64, 64};
    EXPECT_THROW(decode_blazepose_landmarks(tensors, body), std::invalid_argument) << wrong;
  }
}

TEST(BlazePoseLandmarks, ProjectsToImagePixels) {
  BlazePoseLandmarks landmarks;
  landmarks[0] = {0.75F, 0.25F, -0.5F, 0.3F, 0.4F};
  project_blazepose_landmarks({100.0F, 200.0F, 80.0F, 0.0F}, landmarks);
  EXPECT_FLOAT_EQ(landmarks[0].x, 120.0F);
  EXPECT_FLOAT_EQ(landmarks[0].y, 180.0F);
  EXPECT_FLOAT_EQ(landmarks[0].z, -40.0F);
  EXPECT_FLOAT_EQ(landmarks[0].visibility, 0.3F);
}

TEST(BlazePoseLandmarks, OfACropGiveItsOwnSquareBack) {
  BlazePoseLandmarks landmarks;
  landmarks[kBlazePoseKeypoints] = {0.5F, 0.5F, 0, 0, 0};
  landmarks[kBlazePoseKeypoints + 1] = {0.5F, 0.1F, 0, 0, 0};
  const Roi roi{300.0F, 200.0F, 150.0F, 0.7F};
  project_blazepose_landmarks(roi, landmarks);
  const Roi next = roi_from_landmarks(landmarks);
  EXPECT_NEAR(next.x_img, roi.x_img, 1e-3F);
  EXPECT_NEAR(next.y_img, roi.y_img, 1e-3F);
  EXPECT_NEAR(next.side_img, roi.side_img, 1e-3F);
  EXPECT_NEAR(next.rotation, roi.rotation, 1e-5F);
}

TEST(BlazePoseLandmarks, WorldIsTurnedBack) {
  std::vector<float> values(117, 0.0F);
  values[3] = 0.5F;
  values[4] = 0.25F;
  values[5] = -0.125F;
  BlazePoseLandmarks landmarks;
  landmarks[1].visibility = 0.7F;
  std::array<BlazePoseLandmark, kBlazePoseKeypoints> world;
  decode_blazepose_world({values.data(), {1, 117}}, {0, 0, 10, std::acos(0.0F)}, landmarks, world);
  EXPECT_NEAR(world[1].x, -0.25F, 1e-6F);
  EXPECT_NEAR(world[1].y, 0.5F, 1e-6F);
  EXPECT_FLOAT_EQ(world[1].z, -0.125F);
  EXPECT_FLOAT_EQ(world[1].visibility, 0.7F);
  EXPECT_THROW(decode_blazepose_world({values.data(), {1, 99}}, Roi(), landmarks, world),
               std::invalid_argument);
}

TEST(BlazePoseLandmarks, AllocateNothing) {
  Outputs outputs;
  std::fill(outputs.heatmaps.begin(), outputs.heatmaps.end(), 1.0F);
  const BlazePoseLandmarkTensors tensors = outputs.tensors();
  BlazePoseBody body;
  const int64_t before = test::allocations();
  decode_blazepose_landmarks(tensors, body);
  project_blazepose_landmarks({100.0F, 200.0F, 80.0F, 0.3F}, body.landmarks);
  EXPECT_EQ(test::allocations(), before);
  EXPECT_TRUE(body.found);
}

}  // namespace
}  // namespace pose
