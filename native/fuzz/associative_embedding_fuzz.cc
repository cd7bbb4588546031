#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "pose/associative_embedding.h"

namespace {

/** Bytes of the input, then zeros. */
class Reader {
 public:
  Reader(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  uint8_t byte() { return size_ == 0 ? uint8_t{0} : (--size_, *data_++); }
  float fraction() { return static_cast<float>(byte()) / 255.0F; }
  /** In the range of real maps, a number that is special, or any bits at all. */
  float value() {
    constexpr float kSpecial[] = {0.0F, -0.0F,   0.1F,     1.0F,   0.5F,   HUGE_VALF, -HUGE_VALF,
                                  NAN,  3.4e38F, -3.4e38F, 1e-40F, 8.5e6F, 3e9F};
    constexpr size_t kSpecials = sizeof(kSpecial) / sizeof(kSpecial[0]);
    const uint8_t kind = byte();
    if (kind < 160) return static_cast<float>(static_cast<int8_t>(byte())) / 100.0F;
    if (kind < 220) return static_cast<float>(static_cast<int8_t>(byte())) / 4.0F;
    if (kind < 240) return kSpecial[byte() % kSpecials];
    uint8_t bits[4] = {byte(), byte(), byte(), byte()};
    float any = 0.0F;
    std::memcpy(&any, bits, sizeof(any));
    return any;
  }
  bool empty() const { return size_ == 0; }

 private:
  const uint8_t* data_;
  size_t size_;
};

/** Fills tensors from the input, over and over: short inputs fill large maps with patterns. */
class Pattern {
 public:
  explicit Pattern(Reader& reader) {
    while (!reader.empty() && values_.size() < 4096) values_.push_back(reader.value());
    if (values_.empty()) values_.push_back(0.5F);
  }
  std::vector<float> take(size_t size) {
    std::vector<float> tensor(size);
    for (float& value : tensor) value = values_[next_++ % values_.size()];
    return tensor;
  }

 private:
  std::vector<float> values_;
  size_t next_ = 0;
};

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const pose::Instances& people, const pose::AssociativeEmbeddingOptions& options,
           const pose::Shape& shape) {
  const auto keypoints = static_cast<size_t>(shape[1]);
  require(people.size() <= static_cast<size_t>(options.max_people));
  require(people.keypoint_count == shape[1] && people.keypoints.size() == people.size() * keypoints);
  const auto stride = static_cast<float>(options.stride);
  const float low = std::fmin(options.delta, 0.0F) * stride;
  const float high = (std::fmax(options.delta, 0.0F)) * stride;
  for (size_t i = 0; i < people.size(); ++i) {
    require(people.headers[i].score > 0.0F && people.headers[i].score <= 1.0F);
    require(std::isfinite(people.headers[i].raw_score));
    require(people.headers[i].raw_score > options.score_threshold);
    bool any = false;
    for (size_t kind = 0; kind < keypoints; ++kind) {
      const pose::Keypoint& keypoint = people.keypoints_of(i)[kind];
      if (!keypoint.present()) continue;
      any = true;
      require(keypoint.x >= low && keypoint.x < stride * static_cast<float>(shape[3]) + high);
      require(keypoint.y >= low && keypoint.y < stride * static_cast<float>(shape[2]) + high);
      require(keypoint.score > 0.0F && keypoint.score <= 1.0F);
    }
    require(any);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Reader reader(data, size);
  constexpr int kKeypoints[] = {1, 2, 5, 17, 17, 17, 18, 33};
  const int keypoints = kKeypoints[reader.byte() % 8];
  const int height = 1 + reader.byte() % 30;
  const int width = 1 + reader.byte() % 40;
  pose::AssociativeEmbeddingOptions options;
  const uint8_t style = reader.byte();
  options.peaks = style % 3 == 2 ? pose::AssociativePeaks::plain : pose::AssociativePeaks::suppressed;
  options.peak_threshold = std::fmax(reader.fraction(), 0.01F);
  options.tag_threshold = static_cast<float>(1 + reader.byte()) / 32.0F;
  options.score_threshold = reader.fraction() / 4.0F;
  options.delta = reader.fraction() - 0.5F;
  options.stride = 1 + reader.byte() % 8;
  options.max_people = 1 + reader.byte() % 64;
  const pose::Shape shape{1, keypoints, height, width};
  const auto elements = static_cast<size_t>(shape.elements());
  // The pattern runs through the tensors with different phases, so that they differ.
  Pattern pattern(reader);
  const std::vector<float> heatmaps = pattern.take(elements);
  const std::vector<float> tags = pattern.take(elements);
  const std::vector<float> nms_heatmaps = pattern.take(elements);
  const pose::TensorView nms =
      style % 3 == 1 ? pose::TensorView{nms_heatmaps.data(), shape} : pose::TensorView{};

  // Kept from input to input, as in the agent.
  static pose::AssociativeEmbeddingArena arena;
  static pose::Instances people;
  decode_associative_embedding({heatmaps.data(), shape}, {tags.data(), shape}, nms, options, arena, people);
  check(people, options, shape);

  // The same again, from memory that has seen nothing.
  pose::AssociativeEmbeddingArena fresh_arena;
  pose::Instances again;
  decode_associative_embedding({heatmaps.data(), shape}, {tags.data(), shape}, nms, options, fresh_arena,
                               again);
  require(again.size() == people.size());
  for (size_t i = 0; i < people.keypoints.size(); ++i) {
    const pose::Keypoint& a = people.keypoints[i];
    const pose::Keypoint& b = again.keypoints[i];
    require(a.present() == b.present() && a.score == b.score);
    require(!a.present() || (a.x == b.x && a.y == b.y));
  }
  return 0;
}
