#include "pose/blazepose_estimator.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <future>
#include <limits>
#include <mutex>
#include <random>
#include <vector>

#include "fake_model.h"

namespace pose {
namespace {

using test::FakeModel;
using Tensors = std::vector<std::vector<float>>;

const std::vector<OutputInfo> kDetectorOutputs{{"boxes", {1, 2254, 12}}, {"scores", {1, 2254, 1}}};
const std::vector<OutputInfo> kLandmarkOutputs{{"landmarks", {1, 195}},
                                               {"flag", {1, 1}},
                                               {"mask", {1, 256, 256, 1}},
                                               {"heatmaps", {1, 64, 64, 39}},
                                               {"world", {1, 117}}};

/** Anchors of the 7 x 7 grid at its middle row, far enough apart for separate people. */
constexpr size_t kAnchors[] = {1960 + (3 * 7 + 1) * 6, 1960 + (3 * 7 + 3) * 6, 1960 + (3 * 7 + 5) * 6};

void no_detections(Tensors& outputs) { std::fill(outputs[1].begin(), outputs[1].end(), -50.0F); }

void put_detection(Tensors& outputs, size_t anchor) {
  const float values[12] = {0, 0, 20, 20, 0, 0, 0, -20, 0, 0, 0, 0};
  std::copy(values, values + 12, outputs[0].begin() + static_cast<ptrdiff_t>(anchor * 12));
  outputs[1][anchor] = 3.0F;
}

/** A body in the middle of the crop, of the size that gives the same crop again. */
void put_body(Tensors& outputs) {
  for (size_t i = 0; i < 39; ++i) {
    const float values[5] = {128.0F + static_cast<float>(i % 5), 100.0F + static_cast<float>(i), 0, 2, 2};
    std::copy(values, values + 5, outputs[0].begin() + static_cast<ptrdiff_t>(i * 5));
  }
  const float hip[2] = {128.0F, 128.0F};
  const float circle[2] = {128.0F, 128.0F - 102.4F};
  std::copy(hip, hip + 2, outputs[0].begin() + 33 * 5);
  std::copy(circle, circle + 2, outputs[0].begin() + 34 * 5);
  outputs[1][0] = 0.95F;
  std::fill(outputs[3].begin(), outputs[3].end(), -20.0F);
}

/** Two fake networks and what they were asked. */
class BlazePoseEstimatorTest : public ::testing::Test {
 protected:
  BlazePoseEstimatorTest() : pixels_(320 * 240 * 3, 90) {}

  std::unique_ptr<FakeModel> detector() {
    return std::make_unique<FakeModel>(blazepose_detector_input(), kDetectorOutputs,
                                       [this](const uint8_t*, Tensors& outputs) {
                                         ++detector_runs_;
                                         no_detections(outputs);
                                         for (int i = 0; i < people_; ++i)
                                           put_detection(outputs, kAnchors[i]);
                                         if (on_detect_) on_detect_(outputs);
                                       });
  }

  std::unique_ptr<FakeModel> landmarks(int requests = 1) {
    return std::make_unique<FakeModel>(
        blazepose_landmark_input(), kLandmarkOutputs,
        [this](const uint8_t*, Tensors& outputs) {
          ++landmark_runs_;
          put_body(outputs);
          if (on_landmarks_) on_landmarks_(outputs);
        },
        requests);
  }

  std::unique_ptr<Estimator> estimator(int max_people, int requests = 1, int threads = 1) {
    BlazePoseOptions options;
    options.tracking.max_people = max_people;
    options.threads = threads;
    return make_blazepose_estimator(detector(), landmarks(requests), options);
  }

  Frame frame(int camera = 0) {
    time_ms_ += 33.0;
    return {{pixels_.data(), 320, 240, 320 * 3}, camera, time_ms_};
  }

  /** Submits a frame and waits for it; rethrows its error. */
  Estimate run(Estimator& estimator, const Frame& frame) {
    std::promise<Estimate> promise;
    estimator.submit(frame, [&promise](const Estimate* estimate, std::exception_ptr error) {
      EXPECT_EQ(estimate == nullptr, error != nullptr);
      if (error) {
        promise.set_exception(error);
      } else {
        promise.set_value(*estimate);
      }
    });
    return promise.get_future().get();
  }

  std::vector<uint8_t> pixels_;
  double time_ms_ = 1000.0;
  std::atomic<int> people_{1};
  std::atomic<int> detector_runs_{0};
  std::atomic<int> landmark_runs_{0};
  std::function<void(Tensors&)> on_detect_;
  std::function<void(Tensors&)> on_landmarks_;
};

TEST_F(BlazePoseEstimatorTest, GivesKeypointsInImagePixels) {
  const auto estimator = this->estimator(1);
  const Estimate estimate = run(*estimator, frame());
  ASSERT_EQ(estimate.instances.size(), 1U);
  EXPECT_EQ(estimate.instances.keypoint_count, 33);
  // Cell (1, 3) of 7 x 7 in the square of 320 around 320 x 240; 20 of 224 px to the circle.
  const float side = 2.0F * 20.0F / 224.0F * 320.0F * 1.25F;
  const float x_roi = 1.5F / 7.0F * 320.0F;
  const float y_roi = 3.5F / 7.0F * 320.0F - 40.0F;
  const Keypoint& keypoint = estimate.instances.keypoints_of(0)[7];
  EXPECT_NEAR(keypoint.x, x_roi + (130.0F / 256.0F - 0.5F) * side, 1e-2F);
  EXPECT_NEAR(keypoint.y, y_roi + (107.0F / 256.0F - 0.5F) * side, 1e-2F);
  EXPECT_NEAR(keypoint.score, 1.0F / (1.0F + std::exp(-2.0F)), 1e-5F);
  EXPECT_NEAR(estimate.instances.headers[0].score, keypoint.score, 1e-5F);
  EXPECT_FLOAT_EQ(estimate.instances.headers[0].raw_score, 0.95F);
  EXPECT_EQ(estimate.instances.headers[0].track_id, 1);
}

TEST_F(BlazePoseEstimatorTest, DetectsOnlyWithoutASquareWhenThereIsOnePerson) {
  const auto estimator = this->estimator(1);
  for (int i = 0; i < 30; ++i) run(*estimator, frame());
  EXPECT_EQ(detector_runs_, 1);
  EXPECT_EQ(landmark_runs_, 30);
}

TEST_F(BlazePoseEstimatorTest, ShowsTheNetworksThePicture) {
  std::atomic<int> seen{-1};
  auto looking = std::make_unique<FakeModel>(blazepose_detector_input(), kDetectorOutputs,
                                             [&seen](const uint8_t* input, Tensors& outputs) {
                                               no_detections(outputs);
                                               seen = input[(112 * 224 + 112) * 3];
                                             });
  const auto estimator = make_blazepose_estimator(std::move(looking), landmarks(), BlazePoseOptions());
  for (size_t i = 2; i < pixels_.size(); i += 3) pixels_[i] = 201;  // red in BGR, first in RGB
  EXPECT_EQ(run(*estimator, frame()).instances.size(), 0U);
  EXPECT_EQ(seen, 201);
}

TEST_F(BlazePoseEstimatorTest, FollowsSeveralPeopleWithAnyNumberOfRequests) {
  people_ = 3;
  for (const int requests : {1, 2, 3, 8}) {
    const auto estimator = this->estimator(3, requests);
    for (int i = 0; i < 5; ++i) {
      const Estimate estimate = run(*estimator, frame());
      ASSERT_EQ(estimate.instances.size(), 3U);
      for (int32_t person = 0; person < 3; ++person) {
        EXPECT_EQ(estimate.instances.headers[static_cast<size_t>(person)].track_id, person + 1);
      }
    }
  }
}

TEST_F(BlazePoseEstimatorTest, FinishesTheFramesOfACameraInOrder) {
  const auto estimator = this->estimator(1, 1, 4);
  std::mutex mutex;
  std::vector<std::vector<int>> finished(3);
  std::mt19937 random(1);
  on_landmarks_ = [](Tensors&) {
    thread_local std::mt19937 local(std::random_device{}());
    std::this_thread::sleep_for(std::chrono::microseconds(local() % 300));
  };
  std::promise<void> all;
  int left = 150;
  for (int i = 0; i < 50; ++i) {
    for (int camera = 0; camera < 3; ++camera) {
      estimator->submit(frame(camera), [&, i, camera](const Estimate* estimate, std::exception_ptr) {
        std::lock_guard<std::mutex> lock(mutex);
        EXPECT_NE(estimate, nullptr);
        finished[static_cast<size_t>(camera)].push_back(i);
        if (--left == 0) all.set_value();
      });
    }
  }
  all.get_future().wait();
  for (const auto& order : finished) {
    ASSERT_EQ(order.size(), 50U);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  }
  EXPECT_EQ(detector_runs_, 3) << "each camera has its own state";
}

TEST_F(BlazePoseEstimatorTest, WorksOnCamerasSideBySide) {
  const auto estimator = this->estimator(1, 1, 2);
  // Each waits for the other: only when both are in work does either end.
  std::atomic<int> arrived{0};
  on_landmarks_ = [&arrived](Tensors&) {
    ++arrived;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (arrived < 2 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    EXPECT_GE(arrived, 2);
  };
  std::promise<void> first;
  estimator->submit(frame(0), [&first](const Estimate*, std::exception_ptr) { first.set_value(); });
  run(*estimator, frame(1));
  first.get_future().wait();
}

TEST_F(BlazePoseEstimatorTest, ForgetsACameraInItsTurn) {
  const auto estimator = this->estimator(1);
  EXPECT_EQ(run(*estimator, frame(0)).instances.headers[0].track_id, 1);
  EXPECT_EQ(run(*estimator, frame(1)).instances.headers[0].track_id, 1) << "ids belong to a camera";
  estimator->forget(0);
  EXPECT_EQ(run(*estimator, frame(0)).instances.headers[0].track_id, 2);
  EXPECT_EQ(run(*estimator, frame(1)).instances.headers[0].track_id, 1);
  EXPECT_EQ(detector_runs_, 3);
  estimator->forget(77);
}

TEST_F(BlazePoseEstimatorTest, ReportsFailuresAndGoesOn) {
  people_ = 3;
  const auto estimator = this->estimator(3, 2);
  EXPECT_EQ(run(*estimator, frame()).instances.size(), 3U);
  std::atomic<int> calls{0};
  on_landmarks_ = [&calls](Tensors&) {
    if (++calls == 2) throw EngineError("ENGINE_FAILED", "out of memory");
  };
  try {
    run(*estimator, frame());
    FAIL() << "the failure was swallowed";
  } catch (const EngineError& error) {
    EXPECT_EQ(error.code(), "ENGINE_FAILED");
  }
  on_landmarks_ = nullptr;
  const Estimate after = run(*estimator, frame());
  ASSERT_EQ(after.instances.size(), 3U);
  EXPECT_EQ(after.instances.headers[2].track_id, 3) << "a failed frame leaves no trace";
}

TEST_F(BlazePoseEstimatorTest, ReportsAFailingDetector) {
  on_detect_ = [](Tensors&) { throw std::runtime_error("no device"); };
  const auto estimator = this->estimator(2);
  EXPECT_THROW(run(*estimator, frame()), std::runtime_error);
  on_detect_ = nullptr;
  EXPECT_EQ(run(*estimator, frame()).instances.size(), 1U);
}

TEST_F(BlazePoseEstimatorTest, RefusesAFrameWithoutPixels) {
  const auto estimator = this->estimator(1);
  EXPECT_THROW(run(*estimator, Frame()), std::invalid_argument);
  EXPECT_EQ(run(*estimator, frame()).instances.size(), 1U);
}

TEST_F(BlazePoseEstimatorTest, WaitsForItsFramesWhenItEnds) {
  for (int round = 0; round < 20; ++round) {
    people_ = 1 + round % 3;
    std::atomic<int> finished{0};
    {
      const auto estimator = this->estimator(3, 2, 1 + round % 2);
      for (int i = 0; i < 6; ++i) {
        estimator->submit(frame(i % 2), [&finished](const Estimate*, std::exception_ptr) { ++finished; });
      }
    }
    EXPECT_EQ(finished, 6);
  }
}

TEST_F(BlazePoseEstimatorTest, GivesNoBrokenKeypointsForBrokenTensors) {
  std::mt19937 random(9);
  std::mutex mutex;
  const auto garble = [&random, &mutex](Tensors& outputs) {
    const float specials[] = {std::numeric_limits<float>::quiet_NaN(),
                              std::numeric_limits<float>::infinity(),
                              -std::numeric_limits<float>::infinity(),
                              3e38F,
                              -3e38F,
                              1e5F,
                              0.0F};
    std::lock_guard<std::mutex> lock(mutex);
    for (auto& output : outputs) {
      for (int i = 0; i < 4; ++i) output[random() % output.size()] = specials[random() % 7];
    }
  };
  on_detect_ = garble;
  on_landmarks_ = garble;
  people_ = 3;
  const auto estimator = this->estimator(4, 2);
  int seen = 0;
  for (int i = 0; i < 400; ++i) {
    const Estimate estimate = run(*estimator, frame());
    for (const Keypoint& keypoint : estimate.instances.keypoints) {
      ASSERT_TRUE(std::isfinite(keypoint.x) && std::isfinite(keypoint.y));
      ASSERT_TRUE(keypoint.score >= 0.0F && keypoint.score <= 1.0F);
      ++seen;
    }
  }
  EXPECT_GT(seen, 0);
}

TEST_F(BlazePoseEstimatorTest, TakesTimesThatAreNone) {
  const auto estimator = this->estimator(1);
  for (const double time_ms : {std::nan(""), HUGE_VAL, -HUGE_VAL, 1e300, 5.0, 5.0, 4.0}) {
    Frame frame = this->frame();
    frame.time_ms = time_ms;
    const Estimate estimate = run(*estimator, frame);
    ASSERT_EQ(estimate.instances.size(), 1U);
    EXPECT_TRUE(std::isfinite(estimate.instances.keypoints[0].x));
  }
}

TEST_F(BlazePoseEstimatorTest, MeasuresItsStages) {
  on_landmarks_ = [](Tensors&) { std::this_thread::sleep_for(std::chrono::milliseconds(5)); };
  const auto estimator = this->estimator(1);
  const Estimate estimate = run(*estimator, frame());
  EXPECT_GE(estimate.timings.infer_ms, 5.0F);
  EXPECT_GT(estimate.timings.preprocess_ms, 0.0F);
  EXPECT_GE(estimate.timings.decode_ms, 0.0F);
  EXPECT_GE(estimate.timings.wait_ms, 0.0F);
}

TEST_F(BlazePoseEstimatorTest, HoldsOneFrameMoreThanItWorksOn) {
  EXPECT_EQ(estimator(1, 1, 3)->capacity(), 4);
  EXPECT_EQ(estimator(1, 2, 0)->capacity(), 3) << "threads 0: as many as the model has requests";
}

void expect_code(const std::string& code, const std::string& words, const std::function<void()>& action) {
  try {
    action();
    FAIL() << "nothing was thrown";
  } catch (const EngineError& error) {
    EXPECT_EQ(error.code(), code);
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

TEST_F(BlazePoseEstimatorTest, RefusesModelsOfAnotherShape) {
  const auto nothing = [](const uint8_t*, Tensors&) {};
  for (size_t missing = 0; missing < kDetectorOutputs.size(); ++missing) {
    std::vector<OutputInfo> outputs = kDetectorOutputs;
    outputs[missing].shape = {1, 896, 16};
    expect_code("MODEL_SHAPE_MISMATCH", "[1, 896, 16]", [&] {
      make_blazepose_estimator(std::make_unique<FakeModel>(blazepose_detector_input(), outputs, nothing),
                               landmarks(), {});
    });
  }
  for (const size_t missing : {0U, 1U, 3U}) {
    std::vector<OutputInfo> outputs = kLandmarkOutputs;
    outputs.erase(outputs.begin() + static_cast<ptrdiff_t>(missing));
    expect_code("MODEL_SHAPE_MISMATCH", kLandmarkOutputs[missing].shape.to_string(), [&] {
      make_blazepose_estimator(detector(),
                               std::make_unique<FakeModel>(blazepose_landmark_input(), outputs, nothing), {});
    });
  }
  expect_code("MODEL_SHAPE_MISMATCH", "224 x 224", [&] {
    make_blazepose_estimator(
        std::make_unique<FakeModel>(blazepose_landmark_input(), kDetectorOutputs, nothing), landmarks(), {});
  });
}

TEST_F(BlazePoseEstimatorTest, NeedsNeitherMaskNorWorldLandmarks) {
  std::vector<OutputInfo> outputs{kLandmarkOutputs[0], kLandmarkOutputs[3], kLandmarkOutputs[1]};
  auto slim =
      std::make_unique<FakeModel>(blazepose_landmark_input(), outputs, [](const uint8_t*, Tensors& tensors) {
        Tensors full{tensors[0], tensors[2], {}, tensors[1]};
        put_body(full);
        tensors = {full[0], full[3], full[1]};
      });
  const auto estimator = make_blazepose_estimator(detector(), std::move(slim), BlazePoseOptions());
  EXPECT_EQ(run(*estimator, frame()).instances.size(), 1U);
}

TEST_F(BlazePoseEstimatorTest, RefusesOptionsOutOfRange) {
  const auto refuse = [this](const std::string& words, const BlazePoseOptions& options) {
    expect_code("ENGINE_OPTION_INVALID", words,
                [&] { make_blazepose_estimator(detector(), landmarks(), options); });
  };
  BlazePoseOptions options;
  options.tracking.max_people = 0;
  refuse("max_people", options);
  options = BlazePoseOptions();
  options.tracking.detector_interval = 0;
  refuse("detector_interval", options);
  options = BlazePoseOptions();
  options.threads = -1;
  refuse("threads", options);
}

}  // namespace
}  // namespace pose
