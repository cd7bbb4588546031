#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace pose::fuzz {

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
    const uint8_t bits[4] = {byte(), byte(), byte(), byte()};
    float any = 0.0F;
    std::memcpy(&any, bits, sizeof(any));
    return any;
  }
  bool empty() const { return size_ == 0; }

 private:
  const uint8_t* data_;
  size_t size_;
};

/** Fills tensors from what is left of the input, over and over: short inputs fill large maps with patterns,
 * which run through all tensors with different phases. */
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

/** What a fuzz target demands; failing it is a crash with a stack. */
inline void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace pose::fuzz
