#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace pose::fuzz {

/** The fuzzer's input, from its front to its end; then zeros. */
class FuzzedBytes {
 public:
  FuzzedBytes(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  bool is_empty() const { return size_ == 0; }

  uint8_t byte() {
    uint8_t value = 0;
    read(&value, 1);
    return value;
  }

  int64_t integer() {
    int64_t value = 0;
    read(&value, sizeof(value));
    return value;
  }

  void read(void* to, size_t bytes) {
    const size_t there = bytes < size_ ? bytes : size_;
    if (there > 0) std::memcpy(to, data_, there);
    data_ += there;
    size_ -= there;
  }

 private:
  const uint8_t* data_;
  size_t size_;
};

}  // namespace pose::fuzz
