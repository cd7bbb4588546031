#include "pose/top_down_estimator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <thread>

#include "top_down_fakes.h"

namespace pose {
namespace {

using test::FakeModel;
using test::PointDecoder;
using test::run;
using test::Tensors;

constexpr int kWidth = 640;
constexpr int kHeight = 480;
constexpr int kNetWidth = 48;
constexpr int kNetHeight = 64;
constexpr int kKeypoints = 4;

InputSpec detector_input() { return {320, 544, ColorOrder::bgr, {}, {1.0F, 1.0F, 1.0F}, 1}; }
InputSpec pose_input(int batch) {
  return {kNetHeight, kNetWidth, ColorOrder::rgb, {}, {1.0F, 1.0F, 1.0F}, batch};
}

/** A box of 30 x 40 in a grid of 5 x 4, whose keypoints give the same box again. */
Detection person(int i) {
  const float x = 64.0F + 128.0F * static_cast<float>(i % 5);
  const float y = 60.0F + 120.0F * static_cast<float>(i / 5 % 4);
  return {0.99F - 0.01F * static_cast<float>(i), x - 15, y - 20, x + 15, y + 20};
}

/** Two fake networks and what they were asked. People are squares of a grey of their own on black; the pose
 *  network's scores are the grey in the middle of a picture. */
class TopDownEstimatorTest : public ::testing::Test {
 protected:
  TopDownEstimatorTest() : pixels_(kWidth * kHeight * 3, 0) {
    for (int i = 0; i < 20; ++i) {
      const Detection box = person(i);
      for (int y = static_cast<int>(box.y_min); y < static_cast<int>(box.y_max); ++y) {
        std::fill_n(pixels_.begin() + (y * kWidth + static_cast<int>(box.x_min)) * 3, 90, grey(i));
      }
    }
  }

  static uint8_t grey(int i) { return static_cast<uint8_t>(130 + 6 * i); }

  std::unique_ptr<FakeModel> detector() {
    return std::make_unique<FakeModel>(
        detector_input(), std::vector<OutputInfo>{{"detection_out", {1, 1, 200, 7}}},
        [this](const uint8_t*, Tensors& outputs) {
          ++detector_runs_;
          std::vector<Detection> people;
          for (int i = 0; i < people_; ++i) people.push_back(person(i));
          test::put_people(people, make_letterbox(kWidth, kHeight, 544, 320, ResizeRule::stretch),
                           outputs[0]);
          if (on_detect_) on_detect_(outputs);
        });
  }

  std::unique_ptr<FakeModel> network(int batch, int requests) {
    return std::make_unique<FakeModel>(
        pose_input(batch),
        std::vector<OutputInfo>{{"heatmaps", {batch, kKeypoints, kNetHeight / 4, kNetWidth / 4}}},
        [this, batch](const uint8_t* input, Tensors& outputs) {
          ++in_flight_;
          try {
            look(input, batch, outputs[0]);
            if (on_pose_) on_pose_(outputs);
          } catch (...) {
            --in_flight_;
            throw;
          }
          --in_flight_;
        },
        requests);
  }

  void look(const uint8_t* input, int batch, std::vector<float>& maps) {
    constexpr int kPicture = kNetWidth * kNetHeight * 3;
    int filled = 0;
    for (int n = 0; n < batch; ++n, input += kPicture) {
      const bool is_black = std::all_of(input, input + kPicture, [](uint8_t byte) { return byte == 0; });
      if (!is_black) {
        EXPECT_EQ(filled, n) << "pictures come without gaps";
        ++filled;
      }
      const float score =
          static_cast<float>(input[(kNetHeight / 2 * kNetWidth + kNetWidth / 2) * 3]) / 255.0F;
      for (int k = 0; k < kKeypoints; ++k) {
        float* map = &maps[static_cast<size_t>((n * kKeypoints + k) * kNetHeight / 4 * kNetWidth / 4)];
        map[0] = 24.0F + (k % 2 == 0 ? -1.0F : 1.0F) * 14.9333F;
        map[1] = 32.0F + (k / 2 == 0 ? -1.0F : 1.0F) * 21.3333F;
        map[2] = score;
      }
    }
    std::lock_guard<std::mutex> lock(mutex_);
    batches_.push_back(filled);
  }

  struct Setup {
    int batch = 4;
    int requests = 2;
    TopDownOptions options;
    Setup() {
      options.max_people = 20;
      options.threads = 1;
    }
  };

  std::unique_ptr<Estimator> estimator(const Setup& setup = Setup()) {
    return make_top_down_estimator(
        {detector(), network(setup.batch, setup.requests), [] { return std::make_unique<PointDecoder>(); }},
        setup.options);
  }

  Frame frame(int camera = 0) { return {{pixels_.data(), kWidth, kHeight, kWidth * 3}, camera, 0.0}; }

  std::vector<uint8_t> pixels_;
  std::atomic<int> people_{1};
  std::atomic<int> detector_runs_{0};
  std::atomic<int> in_flight_{0};
  std::mutex mutex_;
  std::vector<int> batches_;  ///< pictures of each inference
  std::function<void(Tensors&)> on_detect_;
  std::function<void(Tensors&)> on_pose_;
};

TEST_F(TopDownEstimatorTest, GivesKeypointsInImagePixels) {
  const auto estimator = this->estimator();
  const Estimate estimate = run(*estimator, frame());
  ASSERT_EQ(estimate.instances.size(), 1U);
  ASSERT_EQ(estimate.instances.keypoint_count, kKeypoints);
  const Keypoint* keypoints = estimate.instances.keypoints_of(0);
  // The crop is 37.5 x 50 px around (64, 60).
  EXPECT_NEAR(keypoints[0].x, 64.0F - 14.9333F / 48.0F * 37.5F, 1e-3F);
  EXPECT_NEAR(keypoints[3].y, 60.0F + 21.3333F / 64.0F * 50.0F, 1e-3F);
  EXPECT_NEAR(keypoints[0].score, static_cast<float>(grey(0)) / 255.0F, 1e-6F);
  EXPECT_FLOAT_EQ(estimate.instances.headers[0].score, 0.5F);
  EXPECT_FLOAT_EQ(estimate.instances.headers[0].raw_score, 0.25F);
  EXPECT_EQ(estimate.instances.headers[0].track_id, 1);
}

TEST_F(TopDownEstimatorTest, InfersPeopleInBatches) {
  struct Case {
    int people;
    std::vector<int> batches;
  };
  for (const int requests : {1, 2, 8}) {
    for (const Case& c :
         {Case{1, {1}}, Case{2, {2}}, Case{5, {1, 4}}, Case{20, {4, 4, 4, 4, 4}}, Case{0, {}}}) {
      people_ = c.people;
      batches_.clear();
      Setup setup;
      setup.requests = requests;
      const auto estimator = this->estimator(setup);
      for (int repeat = 0; repeat < 3; ++repeat) {
        batches_.clear();
        const Estimate estimate = run(*estimator, frame());
        std::sort(batches_.begin(), batches_.end());
        EXPECT_EQ(batches_, c.batches) << requests << " requests";
        ASSERT_EQ(estimate.instances.size(), static_cast<size_t>(c.people));
        for (int i = 0; i < c.people; ++i) {
          const auto index = static_cast<size_t>(i);
          EXPECT_EQ(estimate.instances.headers[index].track_id, i + 1);
          EXPECT_NEAR(estimate.instances.keypoints_of(index)[0].score, static_cast<float>(grey(i)) / 255.0F,
                      1e-6F)
              << "of person " << i;
        }
      }
    }
  }
}

TEST_F(TopDownEstimatorTest, BlackensWhatABatchHasNoPeopleFor) {
  Setup setup;
  setup.options.detector_interval = 1;
  const auto estimator = this->estimator(setup);
  people_ = 4;
  EXPECT_EQ(run(*estimator, frame()).instances.size(), 4U);
  // From now on the network fades all but the first person.
  on_pose_ = [](Tensors& outputs) {
    std::fill(outputs[0].begin() + kKeypoints * kNetHeight / 4 * kNetWidth / 4, outputs[0].end(),
              std::numeric_limits<float>::quiet_NaN());
  };
  people_ = 1;
  EXPECT_EQ(run(*estimator, frame()).instances.size(), 1U);
  batches_.clear();
  EXPECT_EQ(run(*estimator, frame()).instances.size(), 1U);
  EXPECT_EQ(batches_, std::vector<int>{1});
}

TEST_F(TopDownEstimatorTest, DetectsAtItsInterval) {
  Setup setup;
  setup.options.detector_interval = 3;
  const auto estimator = this->estimator(setup);
  for (int i = 0; i < 9; ++i) {
    const Estimate estimate = run(*estimator, frame());
    ASSERT_EQ(estimate.instances.size(), 1U);
    EXPECT_EQ(estimate.instances.headers[0].track_id, 1);
    EXPECT_EQ(std::isnan(estimate.timings.detect_ms), i % 3 != 0);
  }
  EXPECT_EQ(detector_runs_, 3);
}

TEST_F(TopDownEstimatorTest, DetectsInEveryFrameWhileNobodyIsThere) {
  people_ = 0;
  const auto estimator = this->estimator();
  for (int i = 0; i < 7; ++i) EXPECT_EQ(run(*estimator, frame()).instances.size(), 0U);
  EXPECT_EQ(detector_runs_, 7);
  EXPECT_TRUE(batches_.empty());
}

TEST_F(TopDownEstimatorTest, FollowsNoMoreThanAsked) {
  people_ = 20;
  Setup setup;
  setup.options.max_people = 6;
  setup.options.detector_interval = 1;
  const auto estimator = this->estimator(setup);
  for (int i = 0; i < 3; ++i) {
    batches_.clear();
    EXPECT_EQ(run(*estimator, frame()).instances.size(), 6U);
    std::sort(batches_.begin(), batches_.end());
    EXPECT_EQ(batches_, (std::vector<int>{2, 4}));
  }
}

TEST_F(TopDownEstimatorTest, FinishesTheFramesOfACameraInOrder) {
  Setup setup;
  setup.options.threads = 4;
  people_ = 5;
  on_pose_ = [](Tensors&) {
    thread_local std::mt19937 local(std::random_device{}());
    std::this_thread::sleep_for(std::chrono::microseconds(local() % 300));
  };
  const auto estimator = this->estimator(setup);
  std::mutex mutex;
  std::vector<std::vector<int>> finished(3);
  std::promise<void> all;
  int left = 90;
  for (int i = 0; i < 30; ++i) {
    for (int camera = 0; camera < 3; ++camera) {
      estimator->submit(frame(camera), [&, i, camera](const Estimate* estimate, std::exception_ptr) {
        std::lock_guard<std::mutex> lock(mutex);
        ASSERT_NE(estimate, nullptr);
        EXPECT_EQ(estimate->instances.size(), 5U);
        finished[static_cast<size_t>(camera)].push_back(i);
        if (--left == 0) all.set_value();
      });
    }
  }
  all.get_future().wait();
  for (const auto& order : finished) EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(detector_runs_, 3 * 6) << "each camera has its own state";
}

TEST_F(TopDownEstimatorTest, ForgetsACameraInItsTurn) {
  const auto estimator = this->estimator();
  EXPECT_EQ(run(*estimator, frame(0)).instances.headers[0].track_id, 1);
  EXPECT_EQ(run(*estimator, frame(1)).instances.headers[0].track_id, 1) << "ids belong to a camera";
  estimator->forget(0);
  EXPECT_EQ(run(*estimator, frame(0)).instances.headers[0].track_id, 2);
  EXPECT_EQ(run(*estimator, frame(1)).instances.headers[0].track_id, 1);
  EXPECT_EQ(detector_runs_, 3);
  estimator->forget(77);
}

TEST_F(TopDownEstimatorTest, ReportsFailuresAndGoesOn) {
  people_ = 20;
  for (const int requests : {1, 3}) {
    Setup setup;
    setup.requests = requests;
    const auto estimator = this->estimator(setup);
    EXPECT_EQ(run(*estimator, frame()).instances.size(), 20U);
    for (int failing = 1; failing <= 5; ++failing) {
      std::atomic<int> calls{0};
      on_pose_ = [&calls, failing](Tensors&) {
        if (++calls == failing) throw EngineError("ENGINE_FAILED", "out of memory");
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      };
      int in_flight_afterwards = -1;
      std::promise<std::exception_ptr> error;
      estimator->submit(frame(), [&](const Estimate* estimate, std::exception_ptr found) {
        EXPECT_EQ(estimate, nullptr);
        in_flight_afterwards = in_flight_;
        error.set_value(found);
      });
      EXPECT_THROW(std::rethrow_exception(error.get_future().get()), EngineError);
      EXPECT_EQ(in_flight_afterwards, 0);
    }
    on_pose_ = nullptr;
    const Estimate after = run(*estimator, frame());
    ASSERT_EQ(after.instances.size(), 20U);
    EXPECT_EQ(after.instances.headers[19].track_id, 20) << "a failed frame leaves no trace";
  }
}

TEST_F(TopDownEstimatorTest, ReportsAFailingDetector) {
  on_detect_ = [](Tensors&) { throw std::runtime_error("no device"); };
  const auto estimator = this->estimator();
  EXPECT_THROW(run(*estimator, frame()), std::runtime_error);
  on_detect_ = nullptr;
  EXPECT_EQ(run(*estimator, frame()).instances.size(), 1U);
}

TEST_F(TopDownEstimatorTest, RefusesAFrameWithoutPixels) {
  const auto estimator = this->estimator();
  EXPECT_THROW(run(*estimator, Frame()), std::invalid_argument);
  Frame flat = frame();
  flat.image.height = 0;
  EXPECT_THROW(run(*estimator, flat), std::invalid_argument);
  EXPECT_EQ(run(*estimator, frame()).instances.size(), 1U);
}

TEST_F(TopDownEstimatorTest, WaitsForItsFramesWhenItEnds) {
  for (int round = 0; round < 10; ++round) {
    people_ = 1 + round;
    std::atomic<int> finished{0};
    {
      const auto estimator = this->estimator();
      for (int i = 0; i < 6; ++i) {
        estimator->submit(frame(i % 2), [&finished](const Estimate*, std::exception_ptr) { ++finished; });
      }
    }
    EXPECT_EQ(finished, 6);
  }
}

TEST_F(TopDownEstimatorTest, GivesNoBrokenKeypointsForBrokenTensors) {
  std::mt19937 random(9);
  std::mutex mutex;
  const auto garble = [&random, &mutex](Tensors& outputs) {
    const float specials[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                              -std::numeric_limits<float>::infinity(), 1e5F, 0.0F};
    std::lock_guard<std::mutex> lock(mutex);
    for (int i = 0; i < 6; ++i) {
      // The first values of a row or map are the ones that are read.
      const size_t width = outputs[0].size() == 1400 ? 7 : kNetWidth * kNetHeight / 16;
      outputs[0][random() % 8 * width + random() % 3] = specials[random() % 5];
    }
  };
  on_detect_ = garble;
  on_pose_ = garble;
  people_ = 3;
  const auto estimator = this->estimator();
  int seen = 0;
  for (int i = 0; i < 400; ++i) {
    const Estimate estimate = run(*estimator, frame());
    for (const Keypoint& keypoint : estimate.instances.keypoints) {
      if (!keypoint.present()) continue;
      ASSERT_TRUE(std::isfinite(keypoint.x) && std::isfinite(keypoint.y) && std::isfinite(keypoint.score));
      ++seen;
    }
  }
  EXPECT_GT(seen, 0);
}

TEST_F(TopDownEstimatorTest, MeasuresItsStages) {
  people_ = 8;
  on_detect_ = [](Tensors&) { std::this_thread::sleep_for(std::chrono::milliseconds(5)); };
  on_pose_ = [](Tensors&) { std::this_thread::sleep_for(std::chrono::milliseconds(8)); };
  Setup setup;
  setup.requests = 1;
  const auto estimator = this->estimator(setup);
  const Timings first = run(*estimator, frame()).timings;
  EXPECT_GE(first.infer_ms, 5.0F + 2 * 8.0F) << "of all networks";
  EXPECT_GE(first.detect_ms, 5.0F);
  EXPECT_GE(first.person_ms, 2 * 8.0F / 8);
  EXPECT_LT(first.person_ms, first.infer_ms / 2);
  EXPECT_GT(first.preprocess_ms, 0.0F);
  EXPECT_GE(first.decode_ms, 0.0F);
  EXPECT_GE(first.wait_ms, 0.0F);
  EXPECT_TRUE(std::isnan(run(*estimator, frame()).timings.detect_ms)) << "the detector did not run";
  people_ = 0;
  estimator->forget(0);
  EXPECT_TRUE(std::isnan(run(*estimator, frame()).timings.person_ms)) << "nobody is there";
}

TEST_F(TopDownEstimatorTest, HoldsOneFrameMoreThanItWorksOn) {
  Setup setup;
  setup.options.threads = 3;
  EXPECT_EQ(estimator(setup)->capacity(), 4);
  setup.options.threads = 0;
  EXPECT_EQ(estimator(setup)->capacity(), 3) << "threads 0: two at most";
}

}  // namespace
}  // namespace pose
