#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>

namespace pose {

/** Dimensions of a tensor, outermost first. At most 6, stored in place so that a shape never allocates. */
class Shape {
 public:
  static constexpr int kMaxRank = 6;

  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) {
    if (dims.size() > kMaxRank) throw std::invalid_argument("a shape has at most 6 dimensions");
    for (int64_t dim : dims) dims_[static_cast<size_t>(rank_++)] = dim;
  }

  int rank() const { return rank_; }
  int64_t operator[](int axis) const { return dims_[static_cast<size_t>(axis)]; }
  void push_back(int64_t dim) {
    if (rank_ == kMaxRank) throw std::invalid_argument("a shape has at most 6 dimensions");
    dims_[static_cast<size_t>(rank_++)] = dim;
  }
  /** Number of elements; 1 for a scalar. */
  int64_t elements() const {
    int64_t count = 1;
    for (int axis = 0; axis < rank_; ++axis) count *= (*this)[axis];
    return count;
  }
  /** As in "[1, 19, 32, 57]". */
  std::string to_string() const {
    std::string text = "[";
    for (int axis = 0; axis < rank_; ++axis) {
      if (axis > 0) text += ", ";
      text += std::to_string((*this)[axis]);
    }
    return text + "]";
  }

  friend bool operator==(const Shape& a, const Shape& b) {
    if (a.rank_ != b.rank_) return false;
    for (int axis = 0; axis < a.rank_; ++axis) {
      if (a[axis] != b[axis]) return false;
    }
    return true;
  }
  friend bool operator!=(const Shape& a, const Shape& b) { return !(a == b); }

 private:
  std::array<int64_t, kMaxRank> dims_{};
  int rank_ = 0;
};

/** A dense row-major float tensor that somebody else owns. */
struct TensorView {
  const float* data = nullptr;
  Shape shape;
};

}  // namespace pose
