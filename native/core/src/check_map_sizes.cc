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
    check_bins("simcc_x", shapes[0], input.width, options.split_ratio);
    check_bins("simcc_y", shapes[1], input.height, options.split_ratio);
  }

 private:
  static void check_bins(const std::string& role, const Shape& shape, int side, float split_ratio) {
    const int64_t bins = std::llround(static_cast<double>(side) * split_ratio);
    if (shape[2] == bins) return;
    refuse(role + " of " + std::to_string(bins) + " bins (input " + std::to_string(side) +
               " px, split ratio " + std::to_string(split_ratio) + ")",
           shape);
  }

  void check_stride(int stride) const {
    if (stride < 1)
      throw std::invalid_argument("stride: expected at least 1, found " + std::to_string(stride));
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
