#include "patience.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace pose {
namespace {

TEST(Patience, FollowsTheTableOfCases) {
  std::ifstream file(PATIENCE_CASES);
  int cases = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    std::string configured;
    std::string pictures;
    std::string silence;
    std::string without_picture;
    std::getline(fields, configured, '|');
    std::getline(fields, pictures, '|');
    std::getline(fields, silence, '|');
    std::getline(fields, without_picture);
    Patience patience(std::stod(configured));
    std::istringstream times(pictures);
    for (double time_s = 0; times >> time_s;) patience.picture(time_s);
    EXPECT_NEAR(patience.silence_s(), std::stod(silence), 1e-6) << line;
    EXPECT_NEAR(patience.without_picture_s(), std::stod(without_picture), 1e-6) << line;
    ++cases;
  }
  EXPECT_GE(cases, 16) << PATIENCE_CASES;
}

TEST(Patience, KnowsFromBeforeHowACameraIsOnceAPictureCame) {
  Patience patience(0, 4);
  EXPECT_EQ(patience.silence_s(), 15) << "the first may wait for a key frame";
  patience.picture(100);
  EXPECT_EQ(patience.silence_s(), 4);
  patience.picture(110);
  EXPECT_EQ(patience.silence_s(), 30) << "it is another one now";
}

TEST(Patience, TakesTheCamerasOwnPaceWhereItsPicturesComeAtOnce) {
  Patience patience(0);
  patience.picture(100, 0);
  patience.picture(100.01, 10);
  EXPECT_EQ(patience.silence_s(), 30) << "a server had kept them";
  for (int i = 0; i < 16; ++i) patience.picture(101 + i, 0);
  EXPECT_EQ(patience.silence_s(), 4);
  patience.picture(117, 1e300);
  EXPECT_EQ(patience.silence_s(), 60);
}

}  // namespace
}  // namespace pose
