#include "turn_picture.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace pose {
namespace {

/** Three columns, two rows; each pixel its number and that of its channel. */
std::vector<uint8_t> picture(const std::vector<int>& numbers) {
  std::vector<uint8_t> bytes;
  for (const int number : numbers) {
    for (int channel = 0; channel < 3; ++channel)
      bytes.push_back(static_cast<uint8_t>(10 * number + channel));
  }
  return bytes;
}

TEST(TurnPicture, TurnsClockwise) {
  const auto from = picture({1, 2, 3, 4, 5, 6});
  const std::vector<int> expected[] = {
      {1, 2, 3, 4, 5, 6}, {4, 1, 5, 2, 6, 3}, {6, 5, 4, 3, 2, 1}, {3, 6, 2, 5, 1, 4}};
  for (int quarters = 0; quarters < 4; ++quarters) {
    std::vector<uint8_t> to(from.size());
    turn_bgr(from.data(), 3, 2, quarters, to.data());
    EXPECT_EQ(to, picture(expected[quarters])) << quarters;
  }
}

TEST(TurnPicture, CountsQuarters) {
  EXPECT_EQ(quarter_turns(0), 0);
  EXPECT_EQ(quarter_turns(90.2), 1);
  EXPECT_EQ(quarter_turns(-90), 3);
  EXPECT_EQ(quarter_turns(180), 2);
  EXPECT_EQ(quarter_turns(-180), 2);
  EXPECT_EQ(quarter_turns(450), 1);
  EXPECT_EQ(quarter_turns(45), 0);
  EXPECT_EQ(quarter_turns(std::nan("")), 0);
}

}  // namespace
}  // namespace pose
