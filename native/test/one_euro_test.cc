#include "pose/one_euro.h"

#include <gtest/gtest.h>

#include <cmath>

namespace pose {
namespace {

TEST(LowPassFilter, PassesTheFirstValueAndThenBlends) {
  LowPassFilter filter;
  EXPECT_FALSE(filter.has_value());
  EXPECT_FLOAT_EQ(filter.apply(4.0F, 0.1F), 4.0F);
  EXPECT_FLOAT_EQ(filter.apply(14.0F, 0.1F), 5.0F);
  EXPECT_FLOAT_EQ(filter.raw(), 14.0F);
  filter.reset();
  EXPECT_FLOAT_EQ(filter.apply(14.0F, 0.1F), 14.0F);
}

TEST(OneEuroFilter, FollowsItsFormula) {
  const OneEuroOptions options{0.5, 2.0, 1.0};
  const OneEuroStep step{25.0, 0.01};
  OneEuroFilter filter;
  EXPECT_FLOAT_EQ(filter.apply(100.0F, options, step), 100.0F);
  const double pi = std::acos(-1.0);
  const auto weight = [pi](double cutoff) { return 1.0 / (1.0 + 25.0 / (2.0 * pi * cutoff)); };
  const double speed = weight(1.0) * ((110.0 - 100.0) * 0.01 * 25.0);
  const double alpha = weight(0.5 + 2.0 * speed);
  EXPECT_NEAR(filter.apply(110.0F, options, step), alpha * 110.0 + (1.0 - alpha) * 100.0, 1e-4);
}

TEST(OneEuroFilter, HoldsStillAtRestAndFollowsWhenFast) {
  const OneEuroStep step{30.0, 1.0};
  const OneEuroOptions options{0.05, 80.0, 1.0};
  OneEuroFilter resting;
  OneEuroFilter moving;
  float rested = 0.0F;
  float moved = 0.0F;
  for (int i = 0; i < 60; ++i) {
    rested = resting.apply(i % 2 == 0 ? 0.0001F : -0.0001F, options, step);
    moved = moving.apply(static_cast<float>(i), options, step);
  }
  EXPECT_LT(std::abs(rested), 0.00005F);
  EXPECT_NEAR(moved, 59.0F, 0.05F);
}

TEST(OneEuroFilter, ForgetsOnReset) {
  const OneEuroStep step;
  OneEuroFilter filter;
  filter.apply(5.0F, OneEuroOptions(), step);
  filter.reset();
  EXPECT_FLOAT_EQ(filter.apply(-7.0F, OneEuroOptions(), step), -7.0F);
}

}  // namespace
}  // namespace pose
