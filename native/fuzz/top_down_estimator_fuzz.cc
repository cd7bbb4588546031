#include <algorithm>
#include <map>

#include "frame_ledger.h"
#include "heap_bytes.h"
#include "pose/top_down_estimator.h"
#include "scripted_model.h"
#include "track_ids.h"

namespace {

using pose::fuzz::Input;
using pose::fuzz::Outcome;
using pose::fuzz::require;
using Tensors = std::vector<std::vector<float>>;

constexpr int kKeypoints = 4;
constexpr int kMapSide = 6;
constexpr int kCameras = 3;

/** The two networks, whose answers are made of the same bytes over and over. */
class Networks {
 public:
  Networks(std::vector<uint8_t> bytes, bool fails) : bytes_(std::move(bytes)), fails_(fails) {
    if (bytes_.empty()) bytes_.push_back(3);
  }

  /** [1, 1, N, 7]: rows of a detector, some of them nonsense. */
  Outcome detect(Tensors& outputs) {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::vector<float>& rows = outputs[0];
    const size_t count = next() % (rows.size() / 7);
    for (size_t i = 0; i < rows.size() / 7; ++i) {
      float* row = &rows[i * 7];
      row[0] = i < count ? 0.0F : -1.0F;
      row[1] = 1.0F;
      row[2] = fraction();
      row[3] = fraction();
      row[4] = fraction();
      row[5] = row[3] + fraction();
      row[6] = row[4] + fraction();
      if (next() % 16 == 15) row[2 + next() % 5] = any();
    }
    return outcome();
  }
  /** [batch, kKeypoints, side, side]: a maximum a map. */
  Outcome find_keypoints(Tensors& outputs) {
    const std::lock_guard<std::mutex> lock(mutex_);
    constexpr size_t kCells = kMapSide * kMapSide;
    std::fill(outputs[0].begin(), outputs[0].end(), 0.0F);
    for (size_t map = 0; map < outputs[0].size() / kCells; ++map) {
      float* cells = &outputs[0][map * kCells];
      cells[next() % kCells] = fraction();
      cells[next() % kCells] = next() % 32 == 31 ? any() : fraction() / 2.0F;
    }
    return outcome();
  }

 private:
  uint8_t next() { return bytes_[at_++ % bytes_.size()]; }
  float fraction() { return static_cast<float>(next()) / 255.0F; }
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

pose::InputSpec take_input(Input& input, int batch) {
  pose::InputSpec spec;
  spec.width = 1 + input.take<uint8_t>() % 32;
  spec.height = 1 + input.take<uint8_t>() % 32;
  spec.batch = batch;
  return spec;
}

}  // namespace

/** Frames of several cameras through networks that see anything and sometimes fail, cameras forgotten in
 * between: each frame is answered once and in order, ids hold, keypoints are numbers, and nothing grows. */
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  pose::TopDownOptions options;
  pose::HeatmapOptions decode;
  decode.refine = static_cast<pose::HeatmapRefine>(input.take<uint8_t>() % 4);
  decode.stride = 4;
  options.decode = decode;
  options.max_people = 1 + input.take<uint8_t>() % 8;
  options.detector_interval = 1 + input.take<uint8_t>() % 4;
  options.keypoint_threshold = static_cast<float>(input.take<uint8_t>()) / 255.0F;
  options.detector.score_threshold = static_cast<float>(1 + input.take<uint8_t>() / 2) / 128.0F;
  options.detector.resize = static_cast<pose::ResizeRule>(input.take<uint8_t>() % 3);
  const auto style = input.take<uint8_t>();
  // With one thread the same bytes do the same again.
  options.threads = style % 4 == 3 ? 2 + style / 4 % 2 : 1;
  const int batch = 1 + input.take<uint8_t>() % 3;
  const int requests = 1 + input.take<uint8_t>() % 3;
  const pose::InputSpec detector_input = take_input(input, 1);
  pose::InputSpec pose_input;
  pose_input.width = kMapSide * decode.stride;
  pose_input.height = kMapSide * decode.stride;
  pose_input.batch = batch;
  std::vector<uint8_t> frames(16 + input.take<uint8_t>() % 240);
  for (uint8_t& byte : frames) byte = input.take<uint8_t>();
  std::vector<uint8_t> rest;
  while (!input.empty()) rest.push_back(input.take<uint8_t>());

  const size_t before = pose::fuzz::heap_bytes();
  {
    Networks networks(std::move(rest), style / 16 % 2 == 1);
    pose::fuzz::Device device(false);
    std::map<int, pose::fuzz::TrackIdsOfACamera> ids;
    pose::fuzz::FrameLedger ledger([&](int camera, const pose::Estimate& estimate) {
      pose::fuzz::require_sound(estimate.instances, kKeypoints);
      require(estimate.instances.size() <= static_cast<size_t>(options.max_people));
      ids[camera].check(estimate.instances);
    });
    const auto estimator = pose::make_top_down_estimator(
        std::make_unique<pose::fuzz::ScriptedModel>(
            detector_input, std::vector<pose::OutputInfo>{{"people", {1, 1, 12, 7}}}, 1,
            [&networks](Tensors& outputs) { return networks.detect(outputs); }, device),
        std::make_unique<pose::fuzz::ScriptedModel>(
            pose_input, std::vector<pose::OutputInfo>{{"heatmaps", {batch, kKeypoints, kMapSide, kMapSide}}},
            requests, [&networks](Tensors& outputs) { return networks.find_keypoints(outputs); }, device),
        options);

    Input script(frames.data(), frames.size());
    for (int frame = 0; !script.empty(); ++frame) {
      const auto what = script.take<uint8_t>();
      const int camera = what % kCameras;
      if (what % 16 == 15) estimator->forget(camera + what / 128);
      ledger.submit(*estimator, {pose::fuzz::take_picture(script), camera, frame * 33.0});
      if (what % 8 == 7) ledger.await_open(0);
    }
    ledger.await_open(0);
  }
  require(pose::fuzz::heap_bytes() < before + (size_t{1} << 17));
  return 0;
}
