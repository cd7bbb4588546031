#include "pose/box_crop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "allocation_counter.h"
#include "shared_data.h"

namespace pose {
namespace {

using nlohmann::json;

/** A picture of noise in a buffer that ends with its last pixel. */
struct NoiseImage {
  NoiseImage(int width, int height, int gap = 0) : stride(width * 3 + gap) {
    bytes.resize(static_cast<size_t>(stride * (height - 1) + width * 3));
    std::mt19937 random(7);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    view = {bytes.data(), width, height, stride};
  }
  int stride;
  std::vector<uint8_t> bytes;
  ImageView view;
};

struct Size {
  int width;
  int height;
};

double tap(const ImageView& image, int x, int y, int channel) {
  if (x < 0 || y < 0 || x >= image.width || y >= image.height) return 0.0;
  return image.data[y * image.stride + x * 3 + channel];
}

/** The warp as its documentation says it, in double precision. */
std::vector<uint8_t> naive_crop(const ImageView& image, const CropBox& box, const BoxTarget& target) {
  std::vector<uint8_t> pixels;
  const int less = target.grid == CropGrid::udp ? 1 : 0;
  const auto position = [](double origin, double side, int at, int steps) {
    return std::floor((origin - 0.5 * side + side * at / steps) * 32.0 + 0.5) / 32.0;
  };
  for (int v = 0; v < target.height; ++v) {
    for (int u = 0; u < target.width; ++u) {
      const double x = position(box.x_img, box.width_img, u, target.width - less);
      const double y = position(box.y_img, box.height_img, v, target.height - less);
      const int x0 = static_cast<int>(std::floor(x));
      const int y0 = static_cast<int>(std::floor(y));
      for (int i = 0; i < 3; ++i) {
        const int channel = target.color == ColorOrder::rgb ? 2 - i : i;
        const auto row = [&](int y_row) {
          return tap(image, x0, y_row, channel) * (1 - (x - x0)) +
                 tap(image, x0 + 1, y_row, channel) * (x - x0);
        };
        pixels.push_back(
            static_cast<uint8_t>(std::floor(row(y0) * (1 - (y - y0)) + row(y0 + 1) * (y - y0) + 0.5)));
      }
    }
  }
  return pixels;
}

std::vector<uint8_t> crop(const ImageView& image, const CropBox& box, BoxTarget target) {
  std::vector<uint8_t> pixels(static_cast<size_t>(target.width * target.height * 3), 0xAA);
  target.pixels = pixels.data();
  crop_box(image, box, target);
  return pixels;
}

/** Bytes that differ, of which a handful may: a position exactly between two 32nds rounds either way. */
double differing_share(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
  size_t count = 0;
  for (size_t i = 0; i < a.size(); ++i) count += a[i] != b[i];
  return static_cast<double>(count) / static_cast<double>(a.size());
}

TEST(BoxCrop, EqualsTheNaiveWarpForRandomBoxes) {
  std::mt19937 random(11);
  std::uniform_real_distribution<float> uniform(0.0F, 1.0F);
  const NoiseImage image(213, 151, 5);
  for (int i = 0; i < 80; ++i) {
    const CropBox box{-60.0F + 330.0F * uniform(random), -50.0F + 250.0F * uniform(random),
                      2.0F + 400.0F * uniform(random), 2.0F + 400.0F * uniform(random)};
    for (const Size size : {Size{48, 64}, Size{61, 33}}) {
      for (const ColorOrder color : {ColorOrder::bgr, ColorOrder::rgb}) {
        for (const CropGrid grid : {CropGrid::cells, CropGrid::udp}) {
          const BoxTarget target{nullptr, size.width, size.height, color, grid};
          ASSERT_LT(differing_share(crop(image.view, box, target), naive_crop(image.view, box, target)), 4e-3)
              << box.x_img << " " << box.y_img << " " << box.width_img << " " << box.height_img;
        }
      }
    }
  }
}

TEST(BoxCrop, EqualsTheNaiveWarpForLongRows) {
  const NoiseImage image(1700, 40);
  for (const float width : {500.0F, 1290.7F, 1600.0F, 1900.0F}) {
    for (const int net_width : {300, 480, 1024}) {
      const CropBox box{850.3F, 20.6F, width, 30.0F};
      const BoxTarget target{nullptr, net_width, 12, ColorOrder::rgb, CropGrid::cells};
      EXPECT_LT(differing_share(crop(image.view, box, target), naive_crop(image.view, box, target)), 4e-3)
          << width << " to " << net_width;
    }
  }
}

TEST(BoxCrop, OfTheImageItselfIsTheImage) {
  const NoiseImage image(60, 44);
  const CropBox whole{30.0F, 22.0F, 60.0F, 44.0F};
  EXPECT_EQ(crop(image.view, whole, {nullptr, 60, 44, ColorOrder::bgr, CropGrid::cells}), image.bytes);
  const std::vector<uint8_t> rgb =
      crop(image.view, whole, {nullptr, 60, 44, ColorOrder::rgb, CropGrid::cells});
  for (size_t i = 0; i < rgb.size(); ++i) ASSERT_EQ(rgb[i], image.bytes[i / 3 * 3 + 2 - i % 3]) << i;
  // From the first to the last pixel's centre.
  const CropBox centres{29.5F, 21.5F, 59.0F, 43.0F};
  EXPECT_EQ(crop(image.view, centres, {nullptr, 60, 44, ColorOrder::bgr, CropGrid::udp}), image.bytes);
}

TEST(BoxCrop, WorksOnImagesAndTargetsOfAFewPixels) {
  for (int width = 1; width <= 5; ++width) {
    for (int height = 1; height <= 5; ++height) {
      const NoiseImage image(width, height);
      for (const Size size : {Size{1, 1}, Size{2, 1}, Size{1, 3}, Size{16, 24}}) {
        const BoxTarget target{nullptr, size.width, size.height, ColorOrder::rgb, CropGrid::cells};
        const CropBox box{1.0F, 2.0F, 7.0F, 5.0F};
        EXPECT_LT(differing_share(crop(image.view, box, target), naive_crop(image.view, box, target)), 5e-3)
            << width << " x " << height;
      }
      crop(image.view, {1.0F, 2.0F, 7.0F, 5.0F}, {nullptr, 1, 1, ColorOrder::rgb, CropGrid::udp});
    }
  }
}

TEST(BoxCrop, SurvivesAnyBoxAndStaysWithinItsBuffer) {
  const NoiseImage image(101, 77);
  const float values[] = {0.0F,
                          -1.0F,
                          1e-30F,
                          0.49F,
                          1e5F,
                          9.9e5F,
                          -1e9F,
                          3e38F,
                          -3e38F,
                          std::nanf(""),
                          std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()};
  for (const float position : values) {
    for (const float width : values) {
      for (const float height : values) {
        std::vector<uint8_t> pixels(12 * 16 * 3 + 8, 0x5A);
        crop_box(image.view, {position, 30.0F, width, height},
                 {pixels.data(), 12, 16, ColorOrder::bgr, CropGrid::udp});
        for (size_t i = 12 * 16 * 3; i < pixels.size(); ++i)
          ASSERT_EQ(pixels[i], 0x5A) << "wrote beyond the end";
      }
    }
  }
}

TEST(BoxCrop, OfNothingIsBlack) {
  const NoiseImage image(32, 32);
  const std::vector<uint8_t> black(8 * 6 * 3, 0);
  const BoxTarget target{nullptr, 8, 6, ColorOrder::rgb, CropGrid::cells};
  EXPECT_EQ(crop(ImageView(), {0.0F, 0.0F, 10.0F, 10.0F}, target), black);
  EXPECT_EQ(crop(image.view, {0.0F, 0.0F, 10.0F, 0.5F}, target), black);
  EXPECT_EQ(crop(image.view, {-100.0F, 10.0F, 50.0F, 50.0F}, target), black);
  EXPECT_EQ(crop(image.view, {10.0F, 200.0F, 50.0F, 50.0F}, target), black);
}

TEST(BoxCrop, AllocatesNothing) {
  const NoiseImage image(320, 240);
  std::vector<uint8_t> pixels(192 * 256 * 3);
  const int64_t before = test::allocations();
  crop_box(image.view, {100.0F, 100.0F, 150.0F, 200.0F},
           {pixels.data(), 192, 256, ColorOrder::rgb, CropGrid::cells});
  EXPECT_EQ(test::allocations(), before);
}

TEST(EnlargeToAspect, WidensTheShorterSide) {
  const CropBox tall = enlarge_to_aspect({50, 60, 10, 100}, 1.25F, 192, 256);
  EXPECT_FLOAT_EQ(tall.x_img, 50.0F);
  EXPECT_FLOAT_EQ(tall.y_img, 60.0F);
  EXPECT_FLOAT_EQ(tall.width_img, 93.75F);
  EXPECT_FLOAT_EQ(tall.height_img, 125.0F);
  const CropBox wide = enlarge_to_aspect({50, 60, 90, 60}, 1.0F, 192, 256);
  EXPECT_FLOAT_EQ(wide.width_img, 90.0F);
  EXPECT_FLOAT_EQ(wide.height_img, 120.0F);
}

CropBox golden_box(const json& golden) {
  const auto& corners = golden.at("bbox_xyxy");
  const auto corner = [&corners](size_t i) { return corners.at(i).get<float>(); };
  const CropBox box{(corner(0) + corner(2)) / 2, (corner(1) + corner(3)) / 2, corner(2) - corner(0),
                    corner(3) - corner(1)};
  return enlarge_to_aspect(box, 1.25F, 192, 256);
}

/** Boxes of mmpose, and where it puts network-input pixels of them. */
void expect_golden(const json& golden, const std::vector<const json*>& decodes) {
  const CropBox box = golden_box(golden);
  EXPECT_NEAR(box.x_img, golden.at("center").at(0).get<float>(), 1e-3F);
  EXPECT_NEAR(box.y_img, golden.at("center").at(1).get<float>(), 1e-3F);
  EXPECT_NEAR(box.width_img, golden.at("scale").at(0).get<float>(), 1e-3F);
  EXPECT_NEAR(box.height_img, golden.at("scale").at(1).get<float>(), 1e-3F);
  const BoxProjection projection(box, 192, 256);
  for (const json* decode : decodes) {
    for (size_t i = 0; i < 17; ++i) {
      const json& net = decode->at("keypoints_input").at(i);
      const json& image = decode->at("keypoints_image").at(i);
      if (net.is_null() || net.at(0).is_null()) continue;
      const ImagePoint point = projection.to_image(net.at(0).get<float>(), net.at(1).get<float>());
      EXPECT_NEAR(point.x_img, image.at(0).get<float>(), 1e-2F);
      EXPECT_NEAR(point.y_img, image.at(1).get<float>(), 1e-2F);
    }
  }
}

json read_golden(const std::string& folder, int number) {
  std::ifstream file(test::shared_data() + "/golden/" + folder + (number < 10 ? "/0" : "/") +
                     std::to_string(number) + ".json");
  return json::parse(file);
}

TEST(BoxProjection, GoldenHeatmapCrops) {
  POSE_REQUIRE_SHARED_DATA();
  for (int number = 0; number < 15; ++number) {
    SCOPED_TRACE(number);
    const json golden = read_golden("topdown_heatmap", number);
    expect_golden(golden, {&golden.at("mmpose_msra_quarter"), &golden.at("mmpose_msra_dark"),
                           &golden.at("mmpose_udp_dark")});
  }
}

TEST(BoxProjection, GoldenSimccCrops) {
  POSE_REQUIRE_SHARED_DATA();
  for (int number = 0; number < 15; ++number) {
    SCOPED_TRACE(number);
    json golden = read_golden("simcc", number);
    if (!golden.contains("center")) {
      golden["center"] = golden.at("rtmlib").at("center");
      golden["scale"] = golden.at("rtmlib").at("scale");
    }
    expect_golden(golden, {&golden.at("mmpose")});
  }
}

}  // namespace
}  // namespace pose
