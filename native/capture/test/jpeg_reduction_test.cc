#include "jpeg_reduction.h"

#include <gtest/gtest.h>

namespace pose {
namespace {

TEST(JpegReduction, LeavesWhatANetworkNeeds) {
  // A letterbox: the frame's longer way decides.
  EXPECT_EQ(jpeg_reduction(1280, 720, {456, 256, 0}), 2);
  EXPECT_EQ(jpeg_reduction(1920, 1080, {456, 256, 0}), 4);
  EXPECT_EQ(jpeg_reduction(3840, 2160, {456, 256, 0}), 8);
  EXPECT_EQ(jpeg_reduction(1920, 1080, {448, 448, 0}), 4) << "of 1920x1080 a square holds 448x252";
  EXPECT_EQ(jpeg_reduction(1080, 1920, {448, 448, 0}), 4);
  // Stretched, both count.
  EXPECT_EQ(jpeg_reduction(1920, 1080, {448, 448, 1}), 2);
  EXPECT_EQ(jpeg_reduction(640, 480, {257, 257, 1}), 1);
}

TEST(JpegReduction, NeverGivesLessThanThat) {
  EXPECT_EQ(jpeg_reduction(1824, 1024, {456, 256, 1}), 4) << "to the pixel";
  EXPECT_EQ(jpeg_reduction(1824, 1024, {457, 256, 1}), 2);
  EXPECT_EQ(jpeg_reduction(1824, 1024, {457, 256, 0}), 4);
  EXPECT_EQ(jpeg_reduction(1824, 1024, {457, 257, 0}), 2);
  EXPECT_EQ(jpeg_reduction(320, 240, {456, 256, 0}), 1);
}

TEST(JpegReduction, KeepsWholePixels) {
  EXPECT_EQ(jpeg_reduction(4056, 3036, {456, 256, 0}), 4);
  EXPECT_EQ(jpeg_reduction(1921, 1080, {100, 100, 0}), 1);
  EXPECT_EQ(jpeg_reduction(1920, 1082, {100, 100, 0}), 2);
}

TEST(JpegReduction, LeavesThePictureWholeForWhoeverNeedsAllOfIt) {
  EXPECT_EQ(jpeg_reduction(3840, 2160, {}), 1);
  EXPECT_EQ(jpeg_reduction(3840, 2160, {0, 256, 0}), 1);
  EXPECT_EQ(jpeg_reduction(3840, 2160, {-1, -1, 0}), 1);
}

}  // namespace
}  // namespace pose
