#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace pose::fuzz {

/** Reads values off the fuzzer's bytes; zeros when they are used up. */
class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), left_(size) {}

  template <class T>
  T take() {
    T value{};
    const size_t bytes = left_ < sizeof(T) ? left_ : sizeof(T);
    std::memcpy(&value, data_, bytes);
    data_ += bytes;
    left_ -= bytes;
    return value;
  }
  bool empty() const { return left_ == 0; }

  /** A tensor of `value` with as many cells overwritten, any bits at any place, as `edits` and the bytes
   * allow. */
  std::vector<float> tensor(size_t elements, float value, int edits) {
    std::vector<float> tensor(elements, value);
    for (int i = 0; i < edits && !empty(); ++i) {
      const size_t place = take<uint32_t>() % elements;
      tensor[place] = take<float>();
    }
    return tensor;
  }

 private:
  const uint8_t* data_;
  size_t left_;
};

/** What a fuzz target demands; failing it is a crash with a stack. */
inline void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace pose::fuzz
