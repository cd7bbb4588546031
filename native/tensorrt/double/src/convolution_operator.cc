#include <algorithm>

#include "operator_support.h"

namespace sdk_double {
namespace {

/** Of a convolution in two dimensions; index 0: rows, 1: columns. */
struct Window {
  int64_t size[2];
  int64_t stride[2];
  int64_t dilation[2];
  int64_t pad_before[2];
  int64_t pad_after[2];
};

/** Far above what a network has, far below what overflows. */
void require_sane(const OnnxNode& node, const std::vector<int64_t>& numbers, size_t count, int64_t least) {
  constexpr int64_t kMost = 4096;
  const bool is_sane = numbers.size() == count &&
                       std::all_of(numbers.begin(), numbers.end(),
                                   [&](int64_t number) { return number >= least && number <= kMost; });
  if (!is_sane) refuse_node(node, "strides, pads or dilations out of range");
}

Window window_of(const OnnxNode& node, const Extents& kernel) {
  const OnnxAttribute* auto_pad = node.find("auto_pad");
  const bool is_automatic =
      auto_pad != nullptr && auto_pad->text && *auto_pad->text != "NOTSET" && *auto_pad->text != "VALID";
  if (is_automatic) refuse_node(node, "auto_pad is not known");
  if (node.integer_or("group", 1) != 1) refuse_node(node, "only group 1 is known");
  const std::vector<int64_t> strides = node.integers_or("strides", {1, 1});
  const std::vector<int64_t> dilations = node.integers_or("dilations", {1, 1});
  const std::vector<int64_t> pads = node.integers_or("pads", {0, 0, 0, 0});
  require_sane(node, strides, 2, 1);
  require_sane(node, dilations, 2, 1);
  require_sane(node, pads, 4, 0);
  Window window{};
  for (size_t axis = 0; axis < 2; ++axis) {
    window.size[axis] = kernel[2 + axis];
    window.stride[axis] = strides[axis];
    window.dilation[axis] = dilations[axis];
    window.pad_before[axis] = pads[axis];
    window.pad_after[axis] = pads[2 + axis];
  }
  return window;
}

Value infer_convolution(const OnnxNode& node, const Inputs& inputs) {
  const Extents& input = inputs[0]->shape;
  const Extents& kernel = inputs[1]->shape;
  if (input.size() != 4 || kernel.size() != 4)
    refuse_node(node, "only convolutions in two dimensions are known");
  if (inputs[0]->type != inputs[1]->type) refuse_node(node, "inputs of different element types");
  if (has_unknown(kernel)) refuse_node(node, "a kernel of unknown shape");
  if (input[1] >= 0 && input[1] != kernel[1]) refuse_node(node, "a kernel for another number of channels");
  if (inputs.size() > 2 && inputs[2] != nullptr && inputs[2]->shape != Extents{kernel[0]}) {
    refuse_node(node, "a bias that does not fit");
  }
  const Window window = window_of(node, kernel);
  Extents shape{input[0], kernel[0], -1, -1};
  for (size_t axis = 0; axis < 2; ++axis) {
    if (input[2 + axis] < 0) continue;
    const int64_t covered = window.dilation[axis] * (window.size[axis] - 1) + 1;
    const int64_t room = input[2 + axis] + window.pad_before[axis] + window.pad_after[axis] - covered;
    if (room < 0) refuse_node(node, "a kernel larger than its input");
    shape[2 + axis] = room / window.stride[axis] + 1;
  }
  return unknown_value(inputs[0]->type, std::move(shape));
}

/** Sum over the window at one place of one output channel. */
double sum_window(const Window& window, const Value& input, const Value& kernel,
                  const std::vector<int64_t>& place) {
  const std::vector<int64_t> in = strides_of(input.shape);
  const std::vector<int64_t> weights = strides_of(kernel.shape);
  double sum = 0.0;
  for (int64_t channel = 0; channel < kernel.shape[1]; ++channel) {
    for (int64_t row = 0; row < window.size[0]; ++row) {
      const int64_t y = place[2] * window.stride[0] - window.pad_before[0] + row * window.dilation[0];
      if (y < 0 || y >= input.shape[2]) continue;
      for (int64_t column = 0; column < window.size[1]; ++column) {
        const int64_t x = place[3] * window.stride[1] - window.pad_before[1] + column * window.dilation[1];
        if (x < 0 || x >= input.shape[3]) continue;
        const int64_t from = place[0] * in[0] + channel * in[1] + y * in[2] + x;
        const int64_t weight = place[1] * weights[0] + channel * weights[1] + row * weights[2] + column;
        sum += input.elements[static_cast<size_t>(from)] * kernel.elements[static_cast<size_t>(weight)];
      }
    }
  }
  return sum;
}

void compute_convolution(const OnnxNode& node, const Inputs& inputs, Value& output) {
  const Window window = window_of(node, inputs[1]->shape);
  const Value* bias = inputs.size() > 2 ? inputs[2] : nullptr;
  size_t next = 0;
  for_each_index(output.shape, [&](const std::vector<int64_t>& place) {
    const double start = bias == nullptr ? 0.0 : bias->elements[static_cast<size_t>(place[1])];
    output.elements[next++] = start + sum_window(window, *inputs[0], *inputs[1], place);
  });
}

}  // namespace

const Operator kConvOperator{
    "Conv", nvinfer1::LayerType::kCONVOLUTION, 2, 3, infer_convolution, compute_convolution};

}  // namespace sdk_double
