#include "pose/roi.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace pose {
namespace {

TEST(Roi, IsTwiceTheDistanceEnlargedAndTurnedHeadUp) {
  const Roi upright = roi_from_alignment_points({100.0F, 200.0F}, {100.0F, 120.0F});
  EXPECT_FLOAT_EQ(upright.x_img, 100.0F);
  EXPECT_FLOAT_EQ(upright.y_img, 200.0F);
  EXPECT_FLOAT_EQ(upright.side_img, 2.0F * 80.0F * 1.25F);
  EXPECT_NEAR(upright.rotation, 0.0F, 1e-6F);

  const Roi head_right = roi_from_alignment_points({0.0F, 0.0F}, {30.0F, 0.0F});
  EXPECT_NEAR(head_right.rotation, std::acos(0.0F), 1e-6F);
}

TEST(Roi, ProjectsTheCropOntoTheImage) {
  const RoiProjection upright(Roi{100.0F, 50.0F, 40.0F, 0.0F});
  EXPECT_FLOAT_EQ(upright.to_image(0.0F, 0.0F).x_img, 80.0F);
  EXPECT_FLOAT_EQ(upright.to_image(0.0F, 0.0F).y_img, 30.0F);
  // A quarter turn clockwise: what is up in the crop is to the right in the image.
  const RoiProjection turned(Roi{100.0F, 50.0F, 40.0F, std::acos(0.0F)});
  EXPECT_NEAR(turned.to_image(0.5F, 0.0F).x_img, 120.0F, 1e-4F);
  EXPECT_NEAR(turned.to_image(0.5F, 0.0F).y_img, 50.0F, 1e-4F);
}

TEST(Roi, OfAlignmentPointsPutsTheHeadAtTheTop) {
  const ImagePoint centre{320.0F, 240.0F};
  for (float angle = -3.0F; angle < 3.2F; angle += 0.4F) {
    const ImagePoint circle{centre.x_img + 90.0F * std::cos(angle), centre.y_img + 90.0F * std::sin(angle)};
    const Roi roi = roi_from_alignment_points(centre, circle);
    const ImagePoint top = RoiProjection(roi).to_image(0.5F, 0.5F - 0.5F / 1.25F);
    EXPECT_NEAR(top.x_img, circle.x_img, 1e-3F) << angle;
    EXPECT_NEAR(top.y_img, circle.y_img, 1e-3F) << angle;
  }
}

TEST(Roi, OfALetterboxIsTheSquareAroundTheImage) {
  const Roi wide = letterbox_roi(768, 432);
  EXPECT_FLOAT_EQ(wide.x_img, 384.0F);
  EXPECT_FLOAT_EQ(wide.y_img, 216.0F);
  EXPECT_FLOAT_EQ(wide.side_img, 768.0F);
  EXPECT_FLOAT_EQ(letterbox_roi(100, 300).side_img, 300.0F);
}

TEST(Roi, IsUnusableWhereArithmeticWouldEnd) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(is_usable({10.0F, -20.0F, 300.0F, 1.0F}));
  EXPECT_FALSE(is_usable({nan, 0.0F, 10.0F, 0.0F}));
  EXPECT_FALSE(is_usable({0.0F, infinity, 10.0F, 0.0F}));
  EXPECT_FALSE(is_usable({0.0F, 0.0F, nan, 0.0F}));
  EXPECT_FALSE(is_usable({0.0F, 0.0F, 0.5F, 0.0F}));
  EXPECT_FALSE(is_usable({0.0F, 0.0F, 2e6F, 0.0F}));
  EXPECT_FALSE(is_usable({0.0F, 0.0F, 10.0F, nan}));
  EXPECT_FALSE(is_usable({0.0F, 0.0F, 10.0F, infinity}));
}

}  // namespace
}  // namespace pose
