#include "pose/heatmap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "heatmap_scene.h"

namespace pose::test {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr HeatmapRefine kAllRefines[] = {HeatmapRefine::quarter, HeatmapRefine::dark, HeatmapRefine::dark_udp,
                                         HeatmapRefine::alphapose};

Instances decode(const TensorView& heatmaps, const HeatmapOptions& options = {}) {
  HeatmapArena arena;
  Instances people;
  decode_heatmaps(heatmaps, options, arena, people);
  return people;
}

HeatmapOptions with(HeatmapRefine refine) {
  HeatmapOptions options;
  options.refine = refine;
  return options;
}

/** One map of zeros. */
HeatmapScene blank(int height, int width) {
  HeatmapScene scene;
  scene.shape = {1, 1, height, width};
  scene.values.assign(static_cast<size_t>(height * width), 0.0F);
  return scene;
}

TEST(Heatmap, FindsPaintedCentres) {
  HeatmapSceneOptions painting;
  painting.noise = 0.0F;
  const HeatmapScene scene = paint_heatmaps(3, 1, painting);
  for (const HeatmapRefine refine : kAllRefines) {
    const Instances people = decode(scene.view(), with(refine));
    ASSERT_EQ(people.size(), 3U);
    const bool dark = refine == HeatmapRefine::dark || refine == HeatmapRefine::dark_udp;
    const double tolerance = dark ? 0.02 : 0.3;
    const double pitch_x = refine == HeatmapRefine::dark_udp ? 192.0 / 47 : 4.0;
    const double pitch_y = refine == HeatmapRefine::dark_udp ? 256.0 / 63 : 4.0;
    for (size_t i = 0; i < people.keypoints.size(); ++i) {
      ASSERT_NEAR(people.keypoints[i].x / pitch_x, scene.centres[i].x_map, tolerance);
      ASSERT_NEAR(people.keypoints[i].y / pitch_y, scene.centres[i].y_map, tolerance);
    }
  }
}

TEST(Heatmap, DecodesEveryPersonOfABatchAlone) {
  const HeatmapScene batch = paint_heatmaps(3, 2);
  for (const HeatmapRefine refine : kAllRefines) {
    const Instances together = decode(batch.view(), with(refine));
    for (size_t person = 0; person < 3; ++person) {
      const Instances alone =
          decode({batch.values.data() + person * 17 * 64 * 48, {1, 17, 64, 48}}, with(refine));
      EXPECT_EQ(together.headers[person].score, alone.headers[0].score);
      EXPECT_EQ(together.headers[person].raw_score, alone.headers[0].raw_score);
      EXPECT_EQ(together.headers[person].track_id, -1);
      for (size_t i = 0; i < 17; ++i) {
        EXPECT_EQ(together.keypoints_of(person)[i].x, alone.keypoints_of(0)[i].x);
        EXPECT_EQ(together.keypoints_of(person)[i].y, alone.keypoints_of(0)[i].y);
      }
    }
  }
}

TEST(Heatmap, TakesTheFirstOfEqualMaxima) {
  for (const int width : {48, 63, 7}) {
    HeatmapScene scene = blank(20, width);
    scene.at(0, 0, 17, 3) = 0.5F;
    scene.at(0, 0, 5, 4) = 0.5F;
    scene.at(0, 0, 5, 2) = 0.5F;
    const Instances people = decode(scene.view(), with(HeatmapRefine::alphapose));
    EXPECT_EQ(people.keypoints[0].x, 8.0F);
    EXPECT_EQ(people.keypoints[0].y, 20.0F);
  }
  const HeatmapScene level{std::vector<float>(64 * 48, 0.25F), {1, 1, 64, 48}, {}};
  for (const HeatmapRefine refine : kAllRefines) {
    const Instances people = decode(level.view(), with(refine));
    EXPECT_EQ(people.keypoints[0].score, 0.25F);
    if (refine == HeatmapRefine::dark_udp) continue;  // the blur makes a slope at the border
    EXPECT_EQ(people.keypoints[0].x, 0.0F);
    EXPECT_EQ(people.keypoints[0].y, 0.0F);
  }
}

TEST(Heatmap, FindsTheMaximumInEveryCell) {
  for (const int width : {13, 16, 48}) {
    for (int cell = 0; cell < 9 * width; ++cell) {
      HeatmapScene scene = blank(9, width);
      scene.values[static_cast<size_t>(cell)] = 0.5F;
      const Instances people = decode(scene.view(), with(HeatmapRefine::quarter));
      ASSERT_EQ(people.keypoints[0].x, 4.0F * static_cast<float>(cell % width));
      ASSERT_EQ(people.keypoints[0].y, 4.0F * static_cast<float>(cell / width));
    }
  }
}

TEST(Heatmap, QuarterAndAlphaPoseDifferAtBorders) {
  // On the last row mmpose still moves across, AlphaPose not at all; neither does in columns 0 and 1.
  HeatmapScene scene = blank(8, 8);
  scene.at(0, 0, 7, 4) = 0.5F;
  scene.at(0, 0, 7, 5) = 0.25F;
  EXPECT_EQ(decode(scene.view()).keypoints[0].x, 4 * 4.25F);
  EXPECT_EQ(decode(scene.view()).keypoints[0].y, 4 * 7.0F);
  EXPECT_EQ(decode(scene.view(), with(HeatmapRefine::alphapose)).keypoints[0].x, 4 * 4.0F);

  scene = blank(8, 8);
  scene.at(0, 0, 3, 1) = 0.5F;
  scene.at(0, 0, 3, 2) = 0.25F;
  scene.at(0, 0, 2, 1) = 0.125F;
  EXPECT_EQ(decode(scene.view()).keypoints[0].x, 4 * 1.0F);
  EXPECT_EQ(decode(scene.view()).keypoints[0].y, 4 * 2.75F);
  EXPECT_EQ(decode(scene.view(), with(HeatmapRefine::alphapose)).keypoints[0].y, 4 * 3.0F);
}

TEST(Heatmap, MakesNoKeypointOfMapsWithoutAPositiveCell) {
  for (const float value : {0.0F, -0.0F, -1.0F, -1e-42F, kNaN, kInfinity, -kInfinity}) {
    const HeatmapScene scene{std::vector<float>(2 * 3 * 64 * 48, value), {2, 3, 64, 48}, {}};
    for (const HeatmapRefine refine : kAllRefines) {
      const Instances people = decode(scene.view(), with(refine));
      ASSERT_EQ(people.size(), 2U);
      for (const Keypoint& keypoint : people.keypoints) {
        EXPECT_FALSE(keypoint.present());
        EXPECT_EQ(keypoint.score, 0.0F);
      }
      EXPECT_EQ(people.headers[1].score, 0.0F);
      EXPECT_EQ(people.headers[1].raw_score, std::isfinite(value) ? value : 0.0F);
    }
  }
}

TEST(Heatmap, ScoresAreMeansOfMaxima) {
  HeatmapScene scene;
  scene.shape = {1, 4, 2, 2};
  scene.values = {0.5F,  0.0F,  0.0F,   0.0F,  //
                  1.75F, 0.0F,  0.0F,   0.0F,  //
                  0.0F,  0.0F,  0.0F,   0.0F,  //
                  -0.5F, -0.5F, -0.25F, -0.5F};
  const Instances people = decode(scene.view());
  EXPECT_EQ(people.keypoints[0].score, 0.5F);
  EXPECT_EQ(people.keypoints[1].score, 1.0F);
  EXPECT_FALSE(people.keypoints[2].present());
  EXPECT_FALSE(people.keypoints[3].present());
  EXPECT_EQ(people.headers[0].score, 0.75F);
  EXPECT_EQ(people.headers[0].raw_score, (0.5F + 1.75F - 0.25F) / 4);
}

TEST(Heatmap, DecodesASingleCell) {
  const HeatmapScene scene{{0.5F}, {1, 1, 1, 1}, {}};
  for (const HeatmapRefine refine : kAllRefines) {
    const Instances people = decode(scene.view(), with(refine));
    EXPECT_EQ(people.keypoints[0].x, 0.0F);
    EXPECT_EQ(people.keypoints[0].y, 0.0F);
    EXPECT_EQ(people.keypoints[0].score, 0.5F);
  }
}

TEST(Heatmap, PassesOverCellsThatAreNotFinite) {
  // At the maximum's side, a step further, where the blur ends, and far off.
  for (const HeatmapRefine refine : kAllRefines) {
    for (const float value : {kNaN, kInfinity, -kInfinity}) {
      for (const int distance : {1, 2, 6, 7, 20}) {
        HeatmapScene scene = blank(64, 48);
        for (int y = 0; y < 64; ++y) {
          for (int x = 0; x < 48; ++x) {
            scene.at(0, 0, y, x) =
                0.5F * std::exp(-0.125F * static_cast<float>((x - 20) * (x - 20) + (y - 30) * (y - 30)));
          }
        }
        scene.at(0, 0, 30, 20 + distance) = value;
        scene.at(0, 0, 30 - distance, 20) = value;
        SCOPED_TRACE(std::to_string(value) + " at " + std::to_string(distance));
        const Instances people = decode(scene.view(), with(refine));
        ASSERT_TRUE(people.keypoints[0].present());
        EXPECT_EQ(people.keypoints[0].score, 0.5F);
        const double pitch_x = refine == HeatmapRefine::dark_udp ? 192.0 / 47 : 4.0;
        const double pitch_y = refine == HeatmapRefine::dark_udp ? 256.0 / 63 : 4.0;
        EXPECT_NEAR(people.keypoints[0].x / pitch_x, 20, 0.2501);
        EXPECT_NEAR(people.keypoints[0].y / pitch_y, 30, 0.2501);
      }
    }
  }
}

TEST(Heatmap, StaysFiniteWithTheLargestNumbers) {
  for (const float value : {3.4e38F, 1e30F, 1e-38F, 1e-45F}) {
    for (const HeatmapRefine refine : kAllRefines) {
      HeatmapScene scene = blank(12, 12);
      for (size_t i = 0; i < scene.values.size(); ++i) {
        scene.values[i] = value * (i % 5 == 0 ? 1.0F : i % 3 == 0 ? -1.0F : 0.5F);
      }
      const Instances people = decode(scene.view(), with(refine));
      ASSERT_TRUE(people.keypoints[0].present());
      EXPECT_TRUE(std::isfinite(people.keypoints[0].x) && std::isfinite(people.keypoints[0].y));
      EXPECT_TRUE(std::isfinite(people.headers[0].raw_score));
      EXPECT_LE(people.headers[0].score, 1.0F);
    }
  }
}

TEST(Heatmap, ScalesByTheStride) {
  const HeatmapScene scene = paint_heatmaps(1, 9);
  for (const HeatmapRefine refine : kAllRefines) {
    HeatmapOptions options = with(refine);
    const Instances four = decode(scene.view(), options);
    options.stride = 8;
    const Instances eight = decode(scene.view(), options);
    for (size_t i = 0; i < 17; ++i) EXPECT_EQ(eight.keypoints[i].x, 2 * four.keypoints[i].x);
  }
}

TEST(Heatmap, OneArenaServesEverySize) {
  HeatmapArena arena;
  for (const auto& [height, width, kernel] :
       std::vector<std::array<int, 3>>{{64, 48, 11}, {96, 72, 17}, {5, 70, 3}, {64, 48, 31}, {1, 1, 5}}) {
    HeatmapSceneOptions painting;
    painting.height = height;
    painting.width = width;
    painting.low = 0.0F;
    painting.border = 0.0F;
    const HeatmapScene scene = paint_heatmaps(1, 3, painting);
    for (const HeatmapRefine refine : kAllRefines) {
      HeatmapOptions options = with(refine);
      options.blur_kernel = kernel;
      Instances reused;
      decode_heatmaps(scene.view(), options, arena, reused);
      const Instances fresh = decode(scene.view(), options);
      for (size_t i = 0; i < fresh.keypoints.size(); ++i) {
        ASSERT_EQ(reused.keypoints[i].present(), fresh.keypoints[i].present());
        if (!fresh.keypoints[i].present()) continue;
        ASSERT_EQ(reused.keypoints[i].x, fresh.keypoints[i].x);
        ASSERT_EQ(reused.keypoints[i].y, fresh.keypoints[i].y);
      }
    }
  }
}

TEST(Heatmap, RefusesOtherShapes) {
  EXPECT_EQ(check_heatmap_shape({1, 17, 64, 48}), 17);
  EXPECT_EQ(check_heatmap_shape({256, 256, 1024, 1}), 256);
  for (const Shape& wrong : std::vector<Shape>{{},
                                               {17, 64, 48},
                                               {1, 17, 64, 48, 1},
                                               {0, 17, 64, 48},
                                               {257, 17, 64, 48},
                                               {1, 0, 64, 48},
                                               {1, 257, 64, 48},
                                               {1, 17, 0, 48},
                                               {1, 17, 64, -1},
                                               {1, 17, 64, 1025},
                                               {1, 17, int64_t{1} << 40, int64_t{1} << 40}}) {
    EXPECT_THROW(check_heatmap_shape(wrong), std::invalid_argument) << wrong.to_string();
    EXPECT_THROW(decode({nullptr, wrong}), std::invalid_argument) << wrong.to_string();
  }
  try {
    check_heatmap_shape({17, 64, 48});
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("expected [N, K, H, W]"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("found [17, 64, 48]"));
  }
}

TEST(Heatmap, RefusesMissingDataAndOptionsOutOfRange) {
  const HeatmapScene scene = paint_heatmaps(1, 1);
  EXPECT_THROW(decode({nullptr, {1, 17, 64, 48}}), std::invalid_argument);
  HeatmapOptions options;
  for (const int stride : {0, -4}) {
    options.stride = stride;
    EXPECT_THROW(decode(scene.view(), options), std::invalid_argument) << stride;
  }
  options = {};
  for (const int kernel : {-11, 0, 1, 2, 4, 10, 30, 32, 33}) {
    options.blur_kernel = kernel;
    EXPECT_THROW(decode(scene.view(), options), std::invalid_argument) << kernel;
  }
  options = {};
  options.refine = static_cast<HeatmapRefine>(4);
  EXPECT_THROW(decode(scene.view(), options), std::invalid_argument);
}

}  // namespace
}  // namespace pose::test
