#include "pose/picture_masks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "allocation_counter.h"

namespace pose {
namespace {

struct Picture {
  Picture(int w, int h) : width(w), height(h), pixels(static_cast<size_t>(w * h * 3), 200) {}
  void blacken(PictureMasks& masks) { masks.blacken(pixels.data(), width, height, width * 3); }
  bool is_black(int x, int y) const {
    const uint8_t* pixel = &pixels[static_cast<size_t>((y * width + x) * 3)];
    EXPECT_TRUE(pixel[0] == pixel[1] && pixel[1] == pixel[2]) << "part of a pixel at " << x << "," << y;
    return pixel[0] == 0;
  }
  int width;
  int height;
  std::vector<uint8_t> pixels;
};

std::vector<std::string> drawn(const std::vector<MaskPolygon>& polygons, int width, int height) {
  PictureMasks masks(polygons);
  Picture picture(width, height);
  picture.blacken(masks);
  std::vector<std::string> rows;
  for (int y = 0; y < height; ++y) {
    rows.emplace_back();
    for (int x = 0; x < width; ++x) rows.back() += picture.is_black(x, y) ? '#' : '.';
  }
  return rows;
}

TEST(PictureMasks, CoverEveryPixelThatTheyTouch) {
  EXPECT_EQ(drawn({{{0.25, 0.25}, {0.75, 0.25}, {0.75, 0.75}, {0.25, 0.75}}}, 8, 4),
            (std::vector<std::string>{".######.", ".######.", ".######.", ".######."}))
      << "an edge between two pixels belongs to both";
  EXPECT_EQ(drawn({{{0.3, 0.3}, {0.7, 0.3}, {0.7, 0.7}, {0.3, 0.7}}}, 8, 4),
            (std::vector<std::string>{"........", "..####..", "..####..", "........"}));
  EXPECT_EQ(drawn({{{0, 0}, {1, 0}, {1, 1}, {0, 1}}}, 3, 2), (std::vector<std::string>{"###", "###"}));
  EXPECT_EQ(drawn({{{0.05, 0.3}, {0.6, 0.4}, {0.05, 0.3}}}, 4, 4),
            (std::vector<std::string>{"....", "###.", "....", "...."}))
      << "a line has no inside";
  EXPECT_EQ(drawn({{{1, 1}, {1, 1}, {1, 1}}}, 3, 2), (std::vector<std::string>{"...", "..#"}));
  EXPECT_EQ(drawn({}, 3, 1), (std::vector<std::string>{"..."}));
}

TEST(PictureMasks, CoverWhatAnOutlineGoesRoundMoreThanOnce) {
  MaskPolygon star;
  for (int i = 0; i < 5; ++i) {
    const double angle = i * 2 * 2 * std::acos(-1.0) / 5;
    star.push_back({0.5 + 0.45 * std::sin(angle), 0.5 - 0.45 * std::cos(angle)});
  }
  EXPECT_EQ(drawn({star}, 101, 101)[50][50], '#');
}

TEST(PictureMasks, FollowThePicturesSize) {
  PictureMasks masks({{{0.5, 0.0}, {1.0, 0.0}, {1.0, 1.0}, {0.5, 1.0}}});
  for (const int width : {9, 101, 9}) {
    Picture picture(width, 5);
    picture.blacken(masks);
    EXPECT_FALSE(picture.is_black(width / 2 - 1, 2)) << width;
    EXPECT_TRUE(picture.is_black(width / 2 + 1, 2)) << width;
  }
}

TEST(PictureMasks, RefuseWhatIsNoPolygonInThePicture) {
  EXPECT_THROW(PictureMasks({{{0, 0}, {1, 1}}}), std::invalid_argument);
  EXPECT_THROW(PictureMasks({{{0, 0}, {1, 1}, {1.001, 0}}}), std::invalid_argument);
  EXPECT_THROW(PictureMasks({{{0, 0}, {1, 1}, {0, -0.001}}}), std::invalid_argument);
  EXPECT_THROW(PictureMasks({{{0, 0}, {1, 1}, {std::nan(""), 0}}}), std::invalid_argument);
}

/** By the sum of angles. */
bool is_inside(const MaskPolygon& polygon, double x, double y) {
  double turned = 0;
  for (size_t i = 0; i < polygon.size(); ++i) {
    const MaskPoint& a = polygon[i];
    const MaskPoint& b = polygon[(i + 1) % polygon.size()];
    turned += std::atan2((a.x - x) * (b.y - y) - (a.y - y) * (b.x - x),
                         (a.x - x) * (b.x - x) + (a.y - y) * (b.y - y));
  }
  return std::abs(turned) > 3.0;
}

double distance_to_outline(const MaskPolygon& polygon, double x, double y) {
  double nearest = 1e9;
  for (size_t i = 0; i < polygon.size(); ++i) {
    const MaskPoint& a = polygon[i];
    const MaskPoint& b = polygon[(i + 1) % polygon.size()];
    const double dx = b.x - a.x;
    const double dy = b.y - a.y;
    const double length2 = dx * dx + dy * dy;
    const double t =
        length2 > 0 ? std::min(1.0, std::max(0.0, ((x - a.x) * dx + (y - a.y) * dy) / length2)) : 0.0;
    nearest = std::min(nearest, std::hypot(x - a.x - t * dx, y - a.y - t * dy));
  }
  return nearest;
}

TEST(PictureMasks, NeverShowAPointOfAPolygonAndHideNothingFarFromIt) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> part(0.0, 1.0);
  for (int round = 0; round < 300; ++round) {
    const int width = 1 + static_cast<int>(random() % 40);
    const int height = 1 + static_cast<int>(random() % 40);
    std::vector<MaskPolygon> polygons(1 + random() % 3);
    for (MaskPolygon& polygon : polygons) {
      polygon.resize(3 + random() % 6);
      for (MaskPoint& point : polygon) {
        point = {part(random), part(random)};
        if (random() % 4 == 0) point = {std::round(point.x), std::round(point.y)};
      }
    }
    PictureMasks masks(polygons);
    Picture picture(width, height);
    picture.blacken(masks);
    for (MaskPolygon& polygon : polygons) {
      for (MaskPoint& point : polygon) point = {point.x * width, point.y * height};
    }
    for (int probe = 0; probe < 200; ++probe) {
      const double x = part(random) * width;
      const double y = part(random) * height;
      bool inside = false;
      double nearest = 1e9;
      for (const MaskPolygon& polygon : polygons) {
        inside = inside || is_inside(polygon, x, y);
        nearest = std::min(nearest, distance_to_outline(polygon, x, y));
      }
      const bool black = picture.is_black(std::min(static_cast<int>(x), width - 1),
                                          std::min(static_cast<int>(y), height - 1));
      if (inside) {
        EXPECT_TRUE(black) << "round " << round << " at " << x << "," << y;
      } else if (nearest > 1.5) {  // the diagonal of a pixel
        EXPECT_FALSE(black) << "round " << round << " at " << x << "," << y;
      }
    }
  }
}

TEST(PictureMasks, AllocateNothingWhileTheSizeStays) {
  PictureMasks masks({{{0.1, 0.1}, {0.9, 0.2}, {0.5, 0.9}}});
  Picture picture(64, 48);
  picture.blacken(masks);
  const int64_t before = test::allocations();
  picture.blacken(masks);
  EXPECT_EQ(test::allocations(), before);
}

}  // namespace
}  // namespace pose
