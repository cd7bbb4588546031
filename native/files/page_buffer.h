#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <utility>

namespace pose {

/** Sole owner of memory in pages of its own: aligned for whatever reads it, zero at first, and given back to
 * the system as a whole. Nothing of it follows a file that changes later, as a mapping would. */
class PageBuffer {
 public:
  PageBuffer() = default;
  /** Throws std::bad_alloc. */
  explicit PageBuffer(size_t size) : size_(size) {
    if (size == 0) return;
    data_ = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data_ == MAP_FAILED) throw std::bad_alloc();
  }
  ~PageBuffer() { reset(); }
  PageBuffer(PageBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  PageBuffer& operator=(PageBuffer&& other) noexcept {
    if (this == &other) return *this;
    reset();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  char* data() { return static_cast<char*>(data_); }
  const char* data() const { return static_cast<const char*>(data_); }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  void reset() {
    if (size_ > 0) ::munmap(data_, size_);
  }

  void* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace pose
