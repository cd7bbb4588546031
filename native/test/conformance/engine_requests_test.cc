// Requests: when they run, and how they end.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "engine_conformance.h"
#include "pose/measure_ceiling.h"
#include "small_networks.h"

namespace pose {
namespace {

using test::EngineConformance;
using test::fill;
using test::SmallNetworks;
using test::spec;
using test::values;

TEST_F(EngineConformance, KnowsHowManyRequestsKeepItBusy) {
  const std::string file = SmallNetworks::same(path("same.onnx"), {1, 3, 8, 8});
  EXPECT_GE(compile(file, spec(8, 8))->request_count(), 2);
  options_.requests = 3;
  EXPECT_EQ(compile(file, spec(8, 8))->request_count(), 3);
  options_.requests = 0;
  options_.mode = PerformanceMode::latency;
  const auto model = compile(file, spec(8, 8));
  EXPECT_EQ(model->request_count(), 1);
  EXPECT_EQ(model->precision(), "f32");
  EXPECT_FALSE(model->device_name().empty());
}

/** Counts inferences that were told as done. */
class Tally {
 public:
  InferRequest::Done counting() {
    return [this](std::exception_ptr error) {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (error) ++failed_;
      ++done_;
      changed_.notify_all();
    };
  }
  int wait_for(int count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(30), [&] { return done_ >= count; });
    return done_;
  }
  int failed() const { return failed_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int done_ = 0;
  int failed_ = 0;
};

TEST_F(EngineConformance, TellsEachStartedInferenceOnce) {
  const std::string file = SmallNetworks::same(path("same.onnx"), {1, 3, 8, 8});
  const auto model = compile(file, spec(8, 8));
  const auto request = model->create_request();
  Tally tally;
  for (int i = 1; i <= 20; ++i) {
    const std::vector<uint8_t> pixels(3 * 8 * 8, static_cast<uint8_t>(i));
    fill(*request, pixels);
    request->start(tally.counting());
    ASSERT_EQ(tally.wait_for(i), i);
    EXPECT_EQ(request->output(0).data[5], static_cast<float>(i));
  }
  EXPECT_EQ(tally.failed(), 0);
}

TEST_F(EngineConformance, StartsAgainFromItsOwnCallback) {
  const std::string file = SmallNetworks::same(path("same.onnx"), {1, 3, 8, 8});
  const auto model = compile(file, spec(8, 8));
  Tally tally;
  {
    // The request goes first: its last callback may still be at work when it is counted.
    std::atomic<int> left{100};
    std::function<void()> again;
    const auto request = model->create_request();
    again = [&] {
      request->start([&](std::exception_ptr error) {
        tally.counting()(error);
        if (--left > 0) again();
      });
    };
    again();
    EXPECT_EQ(tally.wait_for(100), 100);
  }
  EXPECT_EQ(tally.failed(), 0);
}

TEST_F(EngineConformance, KeepsConcurrentRequestsApart) {
  const std::string file = SmallNetworks::same(path("same.onnx"), {1, 3, 16, 16});
  options_.requests = 3;
  const auto model = compile(file, spec(16, 16));
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int which = 0; which < 3; ++which) {
    threads.emplace_back([&, which] {
      const auto request = model->create_request();
      for (int i = 0; i < 50; ++i) {
        const auto level = static_cast<uint8_t>(80 * which + i);
        fill(*request, std::vector<uint8_t>(3 * 16 * 16, level));
        request->infer();
        for (const float value : values(request->output(0)))
          wrong += value == static_cast<float>(level) ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(EngineConformance, WaitsForWhatIsUnderWayBeforeItGoes) {
  const std::string file = SmallNetworks::same(path("same.onnx"), {1, 3, 64, 64});
  Tally tally;
  for (int i = 1; i <= 10; ++i) {
    auto model = compile(file, spec(64, 64));
    auto request = model->create_request();
    model.reset();  // a request lives on without its model
    request->start(tally.counting());
    request.reset();
    EXPECT_EQ(tally.wait_for(i), i);
  }
  EXPECT_EQ(tally.failed(), 0);
}

TEST_F(EngineConformance, MeasuresTheBareNetwork) {
  const std::string file = SmallNetworks::same(path("same.onnx"), {1, 3, 8, 8});
  const auto model = compile(file, spec(8, 8));
  const Ceiling ceiling = measure_ceiling(*model, model->request_count(), 0.2);
  EXPECT_GT(ceiling.inferences, 10);
  EXPECT_GT(ceiling.fps, 0.0);
  EXPECT_GT(ceiling.latency_p50_ms, 0.0);
}

}  // namespace
}  // namespace pose
