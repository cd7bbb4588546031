#include "pose/track_ids.h"

#include <gtest/gtest.h>

namespace pose {
namespace {

TEST(TrackIds, CountFromOne) {
  TrackIds ids;
  EXPECT_EQ(ids.take(), 1);
  EXPECT_EQ(ids.take(), 2);
}

TEST(TrackIds, BeginAnewWhereFloatsEnd) {
  TrackIds ids(kLastTrackId);
  const int32_t last = ids.take();
  EXPECT_EQ(last, kLastTrackId);
  EXPECT_NE(static_cast<float>(last), static_cast<float>(last - 1)) << "as floats they differ";
  EXPECT_EQ(ids.take(), 1);
}

}  // namespace
}  // namespace pose
