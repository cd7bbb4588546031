#include "pose/letterbox.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "allocation_counter.h"
#include "shared_data.h"

namespace pose::test {
namespace {

/** An image with bytes between its rows that must not be read as pixels. */
struct PaddedImage {
  PaddedImage(int width, int height, int gap) : width(width), height(height), stride(3 * width + gap) {
    bytes.assign(static_cast<size_t>(stride * height), 255);
  }
  uint8_t& at(int x, int y, int channel) { return bytes[static_cast<size_t>(y * stride + 3 * x + channel)]; }
  int at(int x, int y, int channel) const { return bytes[static_cast<size_t>(y * stride + 3 * x + channel)]; }
  ImageView view() const { return {bytes.data(), width, height, stride}; }

  int width;
  int height;
  int stride;
  std::vector<uint8_t> bytes;
};

/** Smooth colours with hard edges and noise. */
PaddedImage paint_image(int width, int height, unsigned seed, int gap = 0) {
  PaddedImage image(width, height, gap);
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> any(0, 255);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int channel = 0; channel < 3; ++channel) {
        const int smooth = (x * 3 + y * 2 + channel * 60) % 256;
        const int value =
            (x / 16 + y / 16) % 3 == 0 ? any(random) : ((x / 8) % 4 == 0 ? 255 * (y % 2) : smooth);
        image.at(x, y, channel) = static_cast<uint8_t>(value);
      }
    }
  }
  return image;
}

/** Weight of a tap at distance `d` by the textbook formula. */
double kernel(double d, Interpolation interpolation) {
  d = std::abs(d);
  if (interpolation == Interpolation::linear) return std::max(0.0, 1 - d);
  const double a = -0.75;
  if (d <= 1) return (a + 2) * d * d * d - (a + 3) * d * d + 1;
  return d < 2 ? a * d * d * d - 5 * a * d * d + 8 * a * d - 4 * a : 0.0;
}

/** The taps of a row or column of the resized image, borders repeated. */
struct ExactTaps {
  ExactTaps(int position, double step, int size, Interpolation interpolation) {
    const double centre = (position + 0.5) * step - 0.5;
    for (int tap = 0; tap < 4; ++tap) {
      const int place = static_cast<int>(std::floor(centre)) - 1 + tap;
      places[tap] = std::clamp(place, 0, size - 1);
      weights[tap] = kernel(place - centre, interpolation);
    }
  }
  int places[4];
  double weights[4];
};

/** What a value of the resized image would be in exact arithmetic. */
double exact_value(const PaddedImage& image, const ExactTaps& column, const ExactTaps& row, int channel) {
  double sum = 0;
  for (int j = 0; j < 4; ++j) {
    if (row.weights[j] == 0) continue;
    for (int i = 0; i < 4; ++i) {
      sum += column.weights[i] * row.weights[j] * image.at(column.places[i], row.places[j], channel);
    }
  }
  return std::clamp(sum, 0.0, 255.0);
}

struct ResizeCase {
  int width;
  int height;
  int net_width;
  int net_height;
  ResizeRule rule = ResizeRule::letterbox_top_left;
};

/** Resizes into a buffer with guards on both sides and compares every byte with exact arithmetic. */
void expect_exact(const ResizeCase& c, Interpolation interpolation, ColorOrder color) {
  const PaddedImage image = paint_image(c.width, c.height, static_cast<unsigned>(c.width + c.height), 5);
  Letterbox letterbox = make_letterbox(c.width, c.height, c.net_width, c.net_height, c.rule);
  letterbox.fill = static_cast<uint8_t>(c.net_height);
  constexpr size_t kGuard = 64;
  const size_t size = 3 * static_cast<size_t>(c.net_width) * static_cast<size_t>(c.net_height);
  std::vector<uint8_t> buffer(size + 2 * kGuard, 0xA5);
  uint8_t* net_input = buffer.data() + kGuard;
  LetterboxArena arena;
  resize_letterbox(image.view(), letterbox, color, interpolation, arena, net_input);

  for (size_t i = 0; i < kGuard; ++i) {
    ASSERT_EQ(buffer[i], 0xA5) << "written before the target";
    ASSERT_EQ(buffer[kGuard + size + i], 0xA5) << "written behind the target";
  }
  std::vector<ExactTaps> columns;
  for (int x = 0; x < letterbox.resized_width; ++x) {
    columns.emplace_back(x, letterbox.step_x, c.width, interpolation);
  }
  double worst = 0;
  for (int y = 0; y < c.net_height; ++y) {
    const ExactTaps taps(y - letterbox.pad_top, letterbox.step_y, c.height, interpolation);
    for (int x = 0; x < c.net_width; ++x) {
      const int column = x - letterbox.pad_left;
      const int row = y - letterbox.pad_top;
      const bool inside =
          column >= 0 && row >= 0 && column < letterbox.resized_width && row < letterbox.resized_height;
      for (int channel = 0; channel < 3; ++channel) {
        const int source_channel = color == ColorOrder::rgb ? 2 - channel : channel;
        const double expected =
            inside ? exact_value(image, columns[static_cast<size_t>(column)], taps, source_channel)
                   : letterbox.fill;
        const int found = net_input[3 * (y * c.net_width + x) + channel];
        if (!inside) {
          ASSERT_EQ(found, letterbox.fill) << x << "," << y;
        }
        worst = std::max(worst, std::abs(found - expected));
      }
    }
  }
  // Half a level of rounding and weights of 11 (cubic) or 15 bits.
  EXPECT_LE(worst, interpolation == Interpolation::cubic ? 1.0 : 0.6);
}

TEST(Letterbox, ResizesAsExactArithmetic) {
  const auto centre = ResizeRule::letterbox_centre;
  const auto stretch = ResizeRule::stretch;
  for (const ResizeCase& c : std::vector<ResizeCase>{{768, 432, 456, 256},
                                                     {1280, 720, 456, 256},
                                                     {100, 60, 57, 64, centre},
                                                     {33, 91, 64, 64, centre},
                                                     {64, 64, 64, 64},
                                                     {20, 11, 64, 40},
                                                     {1, 1, 8, 8},
                                                     {2, 1, 9, 5, centre},
                                                     {3, 3, 1, 1},
                                                     {301, 1, 64, 8},
                                                     {1, 301, 8, 64, centre},
                                                     {2000, 3, 16, 8, centre},
                                                     {100, 60, 57, 64, stretch},
                                                     {768, 432, 544, 320, stretch},
                                                     {20, 11, 64, 40, stretch},
                                                     {1, 301, 8, 64, stretch}}) {
    for (const Interpolation interpolation : {Interpolation::linear, Interpolation::cubic}) {
      for (const ColorOrder color : {ColorOrder::bgr, ColorOrder::rgb}) {
        SCOPED_TRACE(std::to_string(c.width) + "x" + std::to_string(c.height) +
                     (interpolation == Interpolation::cubic ? " cubic" : " linear"));
        ASSERT_NO_FATAL_FAILURE(expect_exact(c, interpolation, color));
      }
    }
  }
}

TEST(Letterbox, CopiesAnImageOfTheInputsSize) {
  const PaddedImage image = paint_image(61, 37, 9);
  const Letterbox letterbox = make_letterbox(61, 37, 61, 37);
  for (const Interpolation interpolation : {Interpolation::linear, Interpolation::cubic}) {
    std::vector<uint8_t> net_input(image.bytes.size());
    LetterboxArena arena;
    resize_letterbox(image.view(), letterbox, ColorOrder::bgr, interpolation, arena, net_input.data());
    EXPECT_EQ(net_input, image.bytes);
  }
}

TEST(Letterbox, ReadsRowsThatRunUpwards) {
  PaddedImage image = paint_image(40, 30, 2);
  PaddedImage flipped(40, 30, 0);
  for (int y = 0; y < 30; ++y) {
    std::copy_n(&image.at(0, y, 0), 120, &flipped.at(0, 29 - y, 0));
  }
  const Letterbox letterbox = make_letterbox(40, 30, 24, 24);
  LetterboxArena arena;
  std::vector<uint8_t> expected(24 * 24 * 3);
  std::vector<uint8_t> found(24 * 24 * 3);
  resize_letterbox(image.view(), letterbox, ColorOrder::bgr, Interpolation::linear, arena, expected.data());
  resize_letterbox({&flipped.at(0, 29, 0), 40, 30, -120}, letterbox, ColorOrder::bgr, Interpolation::linear,
                   arena, found.data());
  EXPECT_EQ(found, expected);
}

TEST(Letterbox, OneArenaServesEverySizeAndMode) {
  LetterboxArena reused;
  for (const int width : {64, 31, 200, 64}) {
    for (const Interpolation interpolation : {Interpolation::cubic, Interpolation::linear}) {
      const PaddedImage image = paint_image(width, 48, 3);
      const Letterbox letterbox = make_letterbox(width, 48, 56, 32);
      std::vector<uint8_t> found(56 * 32 * 3);
      std::vector<uint8_t> expected(found.size());
      LetterboxArena fresh;
      resize_letterbox(image.view(), letterbox, ColorOrder::bgr, interpolation, reused, found.data());
      resize_letterbox(image.view(), letterbox, ColorOrder::bgr, interpolation, fresh, expected.data());
      EXPECT_EQ(found, expected);
    }
  }
}

TEST(Letterbox, SteadyResizingAllocatesNothing) {
  const PaddedImage image = paint_image(768, 432, 1);
  const Letterbox letterbox = make_letterbox(768, 432, 456, 256);
  std::vector<uint8_t> net_input(456 * 256 * 3);
  for (const Interpolation interpolation : {Interpolation::linear, Interpolation::cubic}) {
    LetterboxArena arena;
    resize_letterbox(image.view(), letterbox, ColorOrder::bgr, interpolation, arena, net_input.data());
    const int64_t before = allocations();
    resize_letterbox(image.view(), letterbox, ColorOrder::bgr, interpolation, arena, net_input.data());
    EXPECT_EQ(allocations(), before);
  }
}

TEST(Letterbox, FitsAsTheReferenceDoes) {
  POSE_REQUIRE_SHARED_DATA();
  for (const char* name :
       {"COCO_val2014_000000000328", "COCO_val2014_000000000415", "COCO_val2014_000000000428",
        "COCO_val2014_000000000459", "COCO_val2014_000000000564", "COCO_val2014_000000000569",
        "COCO_val2014_000000000589", "COCO_val2014_000000000623", "mm_coco_000000000785",
        "mm_coco_000000197388", "mm_crowdpose_103319", "mm_crowdpose_106848", "mm_mpii_060754485",
        "mm_ochuman_003896"}) {
    std::ifstream file(shared_data() + "/golden/openpose/" + name + ".json");
    const nlohmann::json golden = nlohmann::json::parse(file);
    const int width = golden["width"];
    const int height = golden["height"];
    const int net_width = openpose_net_width(width, height);
    EXPECT_EQ(net_width, golden["net_width"].get<int>()) << name;
    const Letterbox letterbox = make_letterbox(width, height, net_width, golden["net_height"]);
    EXPECT_EQ(letterbox.resized_width, golden["resized_width"].get<int>()) << name;
    EXPECT_EQ(letterbox.resized_height, golden["resized_height"].get<int>()) << name;
    EXPECT_FLOAT_EQ(letterbox.scale_x, golden["scale_x"].get<float>()) << name;
    EXPECT_FLOAT_EQ(letterbox.scale_y, golden["scale_y"].get<float>()) << name;
  }
}

TEST(Letterbox, MapsThereAndBack) {
  std::mt19937 random(5);
  std::uniform_int_distribution<int> side(1, 2000);
  for (int i = 0; i < 500; ++i) {
    const int width = side(random);
    const int height = side(random);
    for (const ResizeRule rule : {ResizeRule::letterbox_top_left, ResizeRule::letterbox_centre}) {
      const Letterbox letterbox = make_letterbox(width, height, 456, 256, rule);
      ASSERT_LE(letterbox.pad_left + letterbox.resized_width, 456);
      ASSERT_LE(letterbox.pad_top + letterbox.resized_height, 256);
      ASSERT_TRUE(letterbox.resized_width == 456 || letterbox.resized_height == 256);
      const auto left = static_cast<float>(letterbox.pad_left);
      const auto top = static_cast<float>(letterbox.pad_top);
      const ImagePoint begin = letterbox.to_image(left, top);
      const ImagePoint end = letterbox.to_image(left + static_cast<float>(letterbox.resized_width),
                                                top + static_cast<float>(letterbox.resized_height));
      EXPECT_FLOAT_EQ(begin.x_img, 0.0F);
      EXPECT_FLOAT_EQ(begin.y_img, 0.0F);
      EXPECT_NEAR(end.x_img, width, 1e-3);
      EXPECT_NEAR(end.y_img, height, 1e-3);
      const NetPoint net =
          letterbox.to_net(0.3F * static_cast<float>(width), 0.8F * static_cast<float>(height));
      const ImagePoint back = letterbox.to_image(net.x_net, net.y_net);
      EXPECT_NEAR(back.x_img, 0.3 * width, 2e-3);
      EXPECT_NEAR(back.y_img, 0.8 * height, 2e-3);
    }
  }
}

TEST(Letterbox, CentresWhatItPads) {
  const Letterbox wide = make_letterbox(200, 100, 64, 64, ResizeRule::letterbox_centre);
  EXPECT_EQ(wide.resized_width, 64);
  EXPECT_EQ(wide.resized_height, 32);
  EXPECT_EQ(wide.pad_left, 0);
  EXPECT_EQ(wide.pad_top, 16);
  const Letterbox tall = make_letterbox(100, 200, 64, 64);
  EXPECT_EQ(tall.resized_width, 32);
  EXPECT_EQ(tall.pad_left, 0);
}

TEST(Letterbox, StretchesToTheWholeInput) {
  const Letterbox letterbox = make_letterbox(200, 100, 64, 64, ResizeRule::stretch);
  EXPECT_EQ(letterbox.resized_width, 64);
  EXPECT_EQ(letterbox.resized_height, 64);
  const ImagePoint centre = letterbox.to_image(32, 16);
  EXPECT_FLOAT_EQ(centre.x_img, 100);
  EXPECT_FLOAT_EQ(centre.y_img, 25);
}

TEST(Letterbox, ChoosesTheNetworksWidth) {
  EXPECT_EQ(openpose_net_width(768, 432), 456);
  EXPECT_EQ(openpose_net_width(1280, 720), 456);
  EXPECT_EQ(openpose_net_width(640, 480), 344);
  EXPECT_EQ(openpose_net_width(512, 512), 256);
  EXPECT_EQ(openpose_net_width(1, 100000), 8);
  EXPECT_EQ(openpose_net_width(1 << 30, 1), 8192);
  EXPECT_THROW(openpose_net_width(0, 480), std::invalid_argument);
  EXPECT_THROW(openpose_net_width(640, -1), std::invalid_argument);
}

TEST(Letterbox, RefusesWhatDoesNotFit) {
  EXPECT_THROW(make_letterbox(0, 10, 10, 10), std::invalid_argument);
  EXPECT_THROW(make_letterbox(10, -1, 10, 10), std::invalid_argument);
  EXPECT_THROW(make_letterbox(10, 10, 1 << 20, 10), std::invalid_argument);
  const PaddedImage image = paint_image(20, 10, 1);
  const Letterbox letterbox = make_letterbox(20, 10, 8, 8);
  LetterboxArena arena;
  std::vector<uint8_t> net_input(8 * 8 * 3);
  const auto resize = [&](const ImageView& view, uint8_t* target) {
    resize_letterbox(view, letterbox, ColorOrder::bgr, Interpolation::linear, arena, target);
  };
  EXPECT_THROW(resize({image.bytes.data(), 10, 20, 30}, net_input.data()), std::invalid_argument);
  EXPECT_THROW(resize({nullptr, 20, 10, 60}, net_input.data()), std::invalid_argument);
  EXPECT_THROW(resize(image.view(), nullptr), std::invalid_argument);
  EXPECT_NO_THROW(resize(image.view(), net_input.data()));
}

}  // namespace
}  // namespace pose::test
