#include "phase_progress.h"

#include <gtest/gtest.h>

namespace pose {
namespace {

TEST(PhaseProgress, CountsStepsAndWhatIsWithinThem) {
  PhaseProgress progress;
  EXPECT_EQ(progress.fraction(), 0.0);
  progress.start("build", "", 2);
  progress.start("time", "build", 10);
  EXPECT_EQ(progress.fraction(), 0.0);
  progress.complete_step("time", 4);
  EXPECT_DOUBLE_EQ(progress.fraction(), 0.25);
  progress.start("one layer", "time", 2);
  progress.complete_step("one layer", 0);
  EXPECT_DOUBLE_EQ(progress.fraction(), 0.275);
  progress.finish("one layer");
  progress.complete_step("time", 9);
  EXPECT_DOUBLE_EQ(progress.fraction(), 0.5);
  progress.finish("time");
  progress.complete_step("build", 0);
  progress.start("write", "build", 1);
  progress.complete_step("write", 0);
  EXPECT_DOUBLE_EQ(progress.fraction(), 1.0);
}

/** The phases that NVIDIA's sample of a progress monitor shows: quick steps, and all the time within the
 * last. */
TEST(PhaseProgress, BeginsWhereTheNestingDoes) {
  PhaseProgress progress;
  progress.start("Building engine", "", 4);
  for (int step = 0; step < 3; ++step) progress.complete_step("Building engine", step);
  EXPECT_EQ(progress.fraction(), 0.0) << "the quick steps are no time";
  progress.start("Building engine from subgraph", "Building engine", 1);
  progress.start("Computing profile costs", "Building engine from subgraph", 1);
  progress.start("Timing graph nodes", "Computing profile costs", 20);
  EXPECT_DOUBLE_EQ(progress.fraction(), 0.0);
  progress.complete_step("Timing graph nodes", 9);
  EXPECT_NEAR(progress.fraction(), 0.5, 1e-9);
  progress.complete_step("Timing graph nodes", 19);
  EXPECT_NEAR(progress.fraction(), 1.0, 1e-9);
}

TEST(PhaseProgress, NeverFalls) {
  PhaseProgress progress;
  progress.start("build", "", 1);
  progress.start("time", "build", 2);
  progress.complete_step("time", 0);
  progress.finish("time");
  progress.start("again", "build", 10);
  EXPECT_DOUBLE_EQ(progress.fraction(), 0.5);
}

TEST(PhaseProgress, SurvivesWhatMakesNoSense) {
  PhaseProgress progress;
  progress.complete_step("never begun", 3);
  progress.finish("never begun");
  progress.start("no steps", "", 0);
  progress.start("within", "no steps", 0);
  progress.complete_step("within", 7);
  EXPECT_DOUBLE_EQ(progress.fraction(), 1.0);
  PhaseProgress loop;
  loop.start("a", "b", 2);
  loop.start("b", "a", 2);
  loop.start("itself", "itself", 2);
  EXPECT_GE(loop.fraction(), 0.0);
}

}  // namespace
}  // namespace pose
