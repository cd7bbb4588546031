#include <algorithm>
#include <map>

#include "frame_ledger.h"
#include "heap_bytes.h"
#include "pose/blazepose_estimator.h"
#include "scripted_model.h"
#include "track_ids.h"

namespace {

using pose::fuzz::Input;
using pose::fuzz::Outcome;
using pose::fuzz::require;
using Tensors = std::vector<std::vector<float>>;

constexpr int kCameras = 3;
const std::vector<pose::OutputInfo> kDetectorOutputs{{"boxes", {1, 2254, 12}}, {"scores", {1, 2254, 1}}};
const std::vector<pose::OutputInfo> kLandmarkOutputs{
    {"landmarks", {1, 195}}, {"flag", {1, 1}}, {"heatmaps", {1, 64, 64, 39}}};

/** The two networks, whose answers are made of the same bytes over and over. */
class Networks {
 public:
  Networks(std::vector<uint8_t> bytes, bool fails) : bytes_(std::move(bytes)), fails_(fails) {
    if (bytes_.empty()) bytes_.push_back(3);
  }

  Outcome detect(Tensors& outputs) {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::fill(outputs[1].begin(), outputs[1].end(), -50.0F);
    const int bodies = next() % 6;
    for (int i = 0; i < bodies; ++i) {
      const size_t anchor = (size_t{next()} * 256 + next()) % pose::kBlazePoseAnchors;
      const float values[12] = {place(), place(), size(),  size(),  place(), place(),
                                place(), place(), place(), place(), place(), place()};
      std::copy(values, values + 12, &outputs[0][anchor * 12]);
      outputs[1][anchor] = static_cast<float>(next()) / 64.0F;
      if (next() % 16 == 15) outputs[0][anchor * 12 + next() % 12] = any();
    }
    return outcome();
  }
  Outcome find_landmarks(Tensors& outputs) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (size_t i = 0; i < outputs[0].size(); ++i) outputs[0][i] = static_cast<float>(next());
    outputs[1][0] = next() % 8 == 7 ? any() : 0.9F;
    std::fill(outputs[2].begin(), outputs[2].end(), next() % 2 == 0 ? -20.0F : 0.5F);
    for (int i = next() % 8; i > 0; --i) {
      outputs[2][(size_t{next()} * 65536 + size_t{next()} * 256 + next()) % outputs[2].size()] = any();
    }
    if (next() % 8 == 7) outputs[0][next() % outputs[0].size()] = any();
    return outcome();
  }

 private:
  uint8_t next() { return bytes_[at_++ % bytes_.size()]; }
  float place() { return static_cast<float>(static_cast<int8_t>(next())) / 2.0F; }
  float size() { return static_cast<float>(next()); }
  float any() {
    const uint8_t bits[4] = {next(), next(), next(), next()};
    float value = 0.0F;
    std::memcpy(&value, bits, sizeof(value));
    return value;
  }
  Outcome outcome() {
    return fails_ && next() % 16 == 15 ? static_cast<Outcome>(1 + next() % 3) : Outcome::result;
  }

  std::mutex mutex_;
  std::vector<uint8_t> bytes_;
  size_t at_ = 0;
  bool fails_;
};

/** Mostly some milliseconds on; also backwards, and any number. */
double take_time(Input& script, double before_ms) {
  const auto step = script.take<int8_t>();
  return step == 127 ? script.take<double>() : before_ms + step;
}

}  // namespace

/** Frames of several cameras at any times through networks that see anything and sometimes fail, cameras
 * forgotten in between: each frame is answered once and in order, ids hold, keypoints are numbers, and
 * nothing grows. */
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  pose::BlazePoseOptions options;
  options.tracking.max_people = 1 + input.take<uint8_t>() % 4;
  options.tracking.detector_interval = 1 + input.take<uint8_t>() % 4;
  const auto style = input.take<uint8_t>();
  options.tracking.smooth = style % 2 == 0;
  // With one thread the same bytes do the same again.
  options.threads = style / 2 % 4 == 3 ? 2 : 1;
  const int requests = 1 + input.take<uint8_t>() % 3;
  std::vector<uint8_t> frames(8 + input.take<uint8_t>() % 40);
  for (uint8_t& byte : frames) byte = input.take<uint8_t>();
  std::vector<uint8_t> rest;
  while (!input.empty()) rest.push_back(input.take<uint8_t>());

  const size_t before = pose::fuzz::heap_bytes();
  {
    Networks networks(std::move(rest), style / 16 % 2 == 1);
    pose::fuzz::Device device(false);
    std::map<int, pose::fuzz::TrackIdsOfACamera> ids;
    pose::fuzz::FrameLedger ledger([&](int camera, const pose::Estimate& estimate) {
      pose::fuzz::require_sound(estimate.instances, pose::kBlazePoseKeypoints);
      require(estimate.instances.size() <= static_cast<size_t>(options.tracking.max_people));
      ids[camera].check(estimate.instances);
    });
    const auto estimator = pose::make_blazepose_estimator(
        std::make_unique<pose::fuzz::ScriptedModel>(
            pose::blazepose_detector_input(), kDetectorOutputs, 1,
            [&networks](Tensors& outputs) { return networks.detect(outputs); }, device),
        std::make_unique<pose::fuzz::ScriptedModel>(
            pose::blazepose_landmark_input(), kLandmarkOutputs, requests,
            [&networks](Tensors& outputs) { return networks.find_landmarks(outputs); }, device),
        options);

    Input script(frames.data(), frames.size());
    double time_ms = 0.0;
    while (!script.empty()) {
      const auto what = script.take<uint8_t>();
      const int camera = what % kCameras;
      if (what % 16 == 15) estimator->forget(camera + what / 128);
      time_ms = take_time(script, time_ms);
      ledger.submit(*estimator, {pose::fuzz::take_picture(script), camera, time_ms});
      if (what % 8 == 7) ledger.await_open(0);
    }
    ledger.await_open(0);
  }
  // Three cameras' filters are gone with the estimator; what is made once stays.
  require(pose::fuzz::heap_bytes() < before + (size_t{1} << 17));
  return 0;
}
