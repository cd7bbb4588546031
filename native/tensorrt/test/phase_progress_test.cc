#include "phase_progress.h"

#include <gtest/gtest.h>

namespace pose {
namespace {

TEST(PhaseProgress, CountsStepsAndWhatIsWithinThem) {
  PhaseProgress progress;
  EXPECT_EQ(progress.fraction(), 0.0);
  progress.start("build", "", 4);
  EXPECT_EQ(progress.fraction(), 0.0);
  progress.complete_step("build", 0);
  EXPECT_DOUBLE_EQ(progress.fraction(), 0.25);
  progress.start("time", "build", 10);
  progress.complete_step("time", 4);
  EXPECT_DOUBLE_EQ(progress.fraction(), 0.25 + 0.125);
  progress.start("one layer", "time", 2);
  progress.complete_step("one layer", 0);
  EXPECT_DOUBLE_EQ(progress.fraction(), (1.0 + (5.0 + 0.5) / 10.0) / 4.0);
  progress.finish("one layer");
  progress.finish("time");
  progress.complete_step("build", 3);
  EXPECT_DOUBLE_EQ(progress.fraction(), 1.0);
}

TEST(PhaseProgress, NeverFalls) {
  PhaseProgress progress;
  progress.start("build", "", 2);
  progress.complete_step("build", 0);
  progress.finish("build");
  progress.start("another", "", 10);
  EXPECT_DOUBLE_EQ(progress.fraction(), 0.5);
}

TEST(PhaseProgress, SurvivesWhatMakesNoSense) {
  PhaseProgress progress;
  progress.complete_step("never begun", 3);
  progress.finish("never begun");
  progress.start("no steps", "", 0);
  progress.complete_step("no steps", 7);
  EXPECT_DOUBLE_EQ(progress.fraction(), 1.0);
  PhaseProgress loop;
  loop.start("a", "b", 2);
  loop.start("b", "a", 2);
  loop.start("itself", "itself", 2);
  EXPECT_GE(loop.fraction(), 0.0);
}

}  // namespace
}  // namespace pose
