#include "camera_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace pose {
namespace {

constexpr int64_t ms = 1000000;
constexpr int64_t second = 1000 * ms;
constexpr int64_t interval = 40 * ms;
/** Of the camera's clock against this machine's. */
constexpr int64_t apart = 7200 * second;

/** A camera whose pictures take 20 ms to come, and up to 80 more. */
class Camera {
 public:
  explicit Camera(double drift = 0) : drift_(drift) {}

  int64_t taken(int picture) const { return (picture + 1) * interval; }
  int64_t stamp(int picture) const {
    return apart + std::llround(static_cast<double>(taken(picture)) * (1 + drift_));
  }
  int64_t arrival(int picture) {
    last_ = std::max(last_ + 1, taken(picture) + 20 * ms + jitter_(random_) * ms / 1000);
    return last_;
  }

 private:
  double drift_;
  int64_t last_ = 0;
  std::mt19937 random_{7};
  std::uniform_int_distribution<int64_t> jitter_{0, 80000};
};

TEST(CameraClock, TakesTheWaitForTheNetworkOutOfCaptureTimes) {
  Camera camera;
  CameraClock clock;
  int64_t before = 0;
  for (int i = 0; i < 1500; ++i) {
    const int64_t arrival = camera.arrival(i);
    const int64_t captured = clock.captured(camera.stamp(i), arrival);
    EXPECT_LE(captured, arrival);
    EXPECT_GT(captured, before) << "in their order";
    before = captured;
    if (i < 100) continue;
    // All but the 20 ms that every picture takes.
    EXPECT_NEAR(static_cast<double>(captured - camera.taken(i)) / ms, 20, 4) << i;
  }
  EXPECT_GE(clock.error(), 0);
  EXPECT_LT(clock.error(), 5 * ms);
}

TEST(CameraClock, FollowsAClockThatDrifts) {
  for (const double drift : {-1e-4, 1e-4}) {
    Camera camera(drift);
    CameraClock clock;
    for (int i = 0; i < 25 * 3600; ++i) {
      const int64_t captured = clock.captured(camera.stamp(i), camera.arrival(i));
      if (i < 100) continue;
      ASSERT_NEAR(static_cast<double>(captured - camera.taken(i)) / ms, 20, 6) << i;
    }
  }
}

TEST(CameraClock, BeginsAnewWhereTheCameraWasRestarted) {
  Camera camera;
  CameraClock clock;
  int i = 0;
  for (; i < 500; ++i) clock.captured(camera.stamp(i), camera.arrival(i));
  EXPECT_GE(clock.error(), 0);
  const int64_t arrival = camera.arrival(i);
  EXPECT_EQ(clock.captured(camera.stamp(i) - apart, arrival), arrival) << "nothing is known of it yet";
  EXPECT_EQ(clock.error(), -1);
}

TEST(CameraClock, KeepsTheOrderOfPicturesThatWereReordered) {
  CameraClock clock;
  // The second one came before the first, as with B-frames.
  const int64_t first = clock.captured(1000 * ms, 5100 * ms);
  EXPECT_EQ(first, 5100 * ms);
  EXPECT_EQ(clock.captured(1040 * ms, 5060 * ms), 5060 * ms) << "never after it came";
  EXPECT_EQ(clock.captured(1080 * ms, 5140 * ms), 5100 * ms);
}

}  // namespace
}  // namespace pose
