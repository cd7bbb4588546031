#include <algorithm>
#include <deque>

#include "frame_ledger.h"
#include "heap_bytes.h"
#include "pose/bottom_up_estimator.h"
#include "scripted_model.h"

namespace {

using pose::fuzz::Input;
using pose::fuzz::Outcome;
using pose::fuzz::require;
using Tensors = std::vector<std::vector<float>>;

constexpr int kKeypoints = 2;
constexpr int kMapSide = 8;
const std::vector<pose::OutputInfo> kOutputs{{"cmap", {1, kKeypoints, kMapSide, kMapSide}},
                                             {"paf", {1, 2, kMapSide, kMapSide}}};

pose::BottomUpOptions take_options(Input& input) {
  pose::TrtPoseOptions decode;
  decode.links = {{0, 1, 0, 1}};
  decode.stride = 1;
  pose::BottomUpOptions options;
  options.decode = decode;
  options.resize = static_cast<pose::ResizeRule>(input.take<uint8_t>() % 3);
  options.pad = input.take<uint8_t>();
  options.interpolation =
      (input.take<uint8_t>() & 1) != 0 ? pose::Interpolation::cubic : pose::Interpolation::linear;
  return options;
}

pose::InputSpec square_input() {
  pose::InputSpec spec;
  spec.width = kMapSide;
  spec.height = kMapSide;
  return spec;
}

/** What the network will do with the frames to come; read by the estimator's thread. */
class Plans {
 public:
  void add(Outcome outcome, Tensors outputs) {
    const std::lock_guard<std::mutex> lock(mutex_);
    plans_.push_back({outcome, std::move(outputs)});
  }
  Outcome play(Tensors& outputs) {
    const std::lock_guard<std::mutex> lock(mutex_);
    require(!plans_.empty());
    const Outcome outcome = plans_.front().outcome;
    for (size_t i = 0; i < outputs.size(); ++i) {
      // In place: the estimator may hold on to where they are.
      std::copy(plans_.front().outputs[i].begin(), plans_.front().outputs[i].end(), outputs[i].begin());
    }
    plans_.pop_front();
    return outcome;
  }

 private:
  struct Plan {
    Outcome outcome;
    Tensors outputs;
  };
  std::mutex mutex_;
  std::deque<Plan> plans_;
};

/** What the estimator should do, one frame after the other. */
class Model {
 public:
  explicit Model(size_t requests) : requests_(requests) {}

  void submit(bool starts) {
    waiting_.push_back(starts);
    go_on();
  }
  /** The inference that was started as number `which` of those that are held ends. */
  void finish(size_t which) {
    for (bool& is_held : in_flight_) {
      if (is_held && which-- == 0) {
        is_held = false;
        break;
      }
    }
    go_on();
  }
  size_t held() const { return static_cast<size_t>(std::count(in_flight_.begin(), in_flight_.end(), true)); }
  size_t open() const { return waiting_.size() + in_flight_.size(); }

 private:
  void go_on() {
    for (;;) {
      while (!in_flight_.empty() && !in_flight_.front()) in_flight_.pop_front();
      if (waiting_.empty() || in_flight_.size() == requests_) return;
      in_flight_.push_back(waiting_.front());
      waiting_.pop_front();
    }
  }

  size_t requests_;
  std::deque<bool> waiting_;    ///< whether its inference will start
  std::deque<bool> in_flight_;  ///< whether it is held
};

}  // namespace

/** Frames whose inferences end in any order, fail or do not start: each is answered once and in order, as
 * many are in flight as there are requests, nothing waits for what need not be waited for, and the end waits
 * for what is left. */
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  const auto requests = static_cast<size_t>(1 + input.take<uint8_t>() % 4);
  const pose::BottomUpOptions options = take_options(input);
  const size_t before = pose::fuzz::heap_bytes();
  {
    Plans plans;
    Model model(requests);
    pose::fuzz::Device device(true);
    pose::fuzz::FrameLedger ledger([](int, const pose::Estimate& estimate) {
      pose::fuzz::require_sound(estimate.instances, kKeypoints);
      require(estimate.timings.infer_ms >= 0.0F && estimate.timings.decode_ms >= 0.0F);
    });
    const auto estimator = pose::make_bottom_up_estimator(
        std::make_unique<pose::fuzz::ScriptedModel>(
            square_input(), kOutputs, static_cast<int>(requests),
            [&plans](Tensors& outputs) { return plans.play(outputs); }, device),
        options);
    require(estimator->capacity() == static_cast<int>(requests) && estimator->keypoint_count() == kKeypoints);

    const auto settle = [&] {
      device.await(model.held());
      ledger.await_open(model.open());
    };
    for (int frame = 0; frame < 60 && !input.empty(); ++frame) {
      const auto what = input.take<uint8_t>();
      if (what == 255) estimator->forget(frame % 3);
      if (what % 2 == 0) {
        const pose::ImageView picture = pose::fuzz::take_picture(input);
        const auto end = input.take<uint8_t>();
        const Outcome outcome = end < 240 ? Outcome::result : static_cast<Outcome>(1 + end % 3);
        if (pose::fuzz::is_picture(picture)) {
          plans.add(outcome, {input.tensor(kKeypoints * kMapSide * kMapSide, 0.0F, 6),
                              input.tensor(2 * kMapSide * kMapSide, 0.4F, 4)});
        }
        model.submit(pose::fuzz::is_picture(picture) && outcome != Outcome::not_started);
        ledger.submit(*estimator, {picture, 0, frame * 33.0});
      } else if (model.held() > 0) {
        device.await(model.held());
        const size_t which = what / 2 % model.held();
        model.finish(which);
        device.finish(which);
      }
      if (what % 4 < 2) settle();
    }
    settle();
    while (model.held() > 0) {
      model.finish(0);
      device.finish(0);
      settle();
    }
    require(model.open() == 0);
  }
  // What is made once and kept is all that stays.
  require(pose::fuzz::heap_bytes() < before + (size_t{1} << 16));
  return 0;
}
