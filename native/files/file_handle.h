#pragma once

#include <unistd.h>

#include <utility>

namespace pose {

/** Sole owner of a file descriptor. */
class FileHandle {
 public:
  FileHandle() = default;
  explicit FileHandle(int descriptor) : descriptor_(descriptor) {}
  ~FileHandle() { reset(); }
  FileHandle(FileHandle&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileHandle& operator=(FileHandle&& other) noexcept {
    if (this != &other) reset(std::exchange(other.descriptor_, -1));
    return *this;
  }

  int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }

 private:
  void reset(int next = -1) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = next;
  }

  int descriptor_ = -1;
};

}  // namespace pose
