#include "pace.h"

#include <gtest/gtest.h>

namespace pose {
namespace {

TEST(Pace, ShowsWhatCameAtOnceAsItWasTaken) {
  Pace pace;
  EXPECT_DOUBLE_EQ(pace.due_s(7.0, 100.0), 100.0);
  EXPECT_DOUBLE_EQ(pace.due_s(7.5, 100.0), 100.5);
  EXPECT_DOUBLE_EQ(pace.due_s(10.0, 100.6), 103.0);
}

TEST(Pace, ALateOneIsShownAtOnceAndALittleLatenessIsMadeGood) {
  Pace pace;
  pace.due_s(0.0, 100.0);
  EXPECT_DOUBLE_EQ(pace.due_s(1.0, 101.4), 101.4);
  EXPECT_DOUBLE_EQ(pace.due_s(1.5, 101.4), 101.5);
}

TEST(Pace, CountsAnewAfterWhatHadToBeWaitedFor) {
  Pace pace;
  pace.due_s(0.0, 100.0);
  EXPECT_DOUBLE_EQ(pace.due_s(1.0, 103.0), 103.0);
  EXPECT_DOUBLE_EQ(pace.due_s(1.5, 103.0), 103.5);
}

TEST(Pace, TimeStampsMayJump) {
  Pace pace;
  pace.due_s(1000.0, 100.0);
  EXPECT_DOUBLE_EQ(pace.due_s(0.0, 100.1), 100.1);
  EXPECT_DOUBLE_EQ(pace.due_s(9000.0, 100.2), 100.2);
  EXPECT_NEAR(pace.due_s(9001.0, 100.3), 101.2, 1e-6);
}

}  // namespace
}  // namespace pose
