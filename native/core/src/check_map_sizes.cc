#include "check_map_sizes.h"

#include <cmath>
#include <stdexcept>
#include <string>

namespace pose {
namespace {

[[noreturn]] void refuse(const std::string& expected, const Shape& found) {
  throw std::invalid_argument("expected " + expected + ", found " + found.to_string());
}

struct CheckMapSizes {
  const std::vector<Shape>& shapes;
  const InputSpec& input;

  void operator()(const OpenPoseOptions&) const { check_stride(kOpenPoseStride); }
  void operator()(const AssociativeEmbeddingOptions& options) const { check_stride(options.stride); }
  void operator()(const HeatmapOptions& options) const { check_stride(options.stride); }
  void operator()(const TrtPoseOptions& options) const { check_stride(options.stride); }
  void operator()(const SimccOptions& options) const {
    const int sides[] = {input.width, input.height};
    for (size_t axis = 0; axis < 2; ++axis) {
      const int64_t bins = std::llround(static_cast<double>(sides[axis]) * options.split_ratio);
      if (shapes[axis][2] != bins) refuse(std::to_string(bins) + " bins an axis", shapes[axis]);
    }
  }

 private:
  void check_stride(int stride) const {
    const int64_t height = input.height / stride;
    const int64_t width = input.width / stride;
    if (shapes[0][2] == height && shapes[0][3] == width) return;
    refuse("maps of " + std::to_string(height) + " x " + std::to_string(width) + " cells (input " +
               std::to_string(input.height) + " x " + std::to_string(input.width) + ", stride " +
               std::to_string(stride) + ")",
           shapes[0]);
  }
};

}  // namespace

void check_map_sizes(const DecoderOptions& decode, const std::vector<Shape>& shapes, const InputSpec& input) {
  for (const Shape& shape : shapes) {
    if (shape.rank() > 0 && shape[0] != input.batch)
      refuse("a batch of " + std::to_string(input.batch), shape);
  }
  std::visit(CheckMapSizes{shapes, input}, decode);
}

}  // namespace pose
