#include "pose_outputs.h"

#include <cmath>
#include <stdexcept>
#include <string>

#include "describe_outputs.h"

namespace pose {
namespace {

[[noreturn]] void throw_shape(const std::string& expected, const Shape& found) {
  throw std::invalid_argument("expected " + expected + ", found " + found.to_string());
}

/** Decoders trust that a cell is `stride` input pixels, and a bin `1 / split_ratio`: where it is not, every
 * keypoint would be off. */
void require_input_size(const DecoderOptions& decode, const std::vector<Shape>& shapes,
                        const InputSpec& input) {
  for (const Shape& shape : shapes) {
    if (shape.rank() > 0 && shape[0] != input.batch) {
      throw_shape("a batch of " + std::to_string(input.batch), shape);
    }
  }
  if (const auto* heatmap = std::get_if<HeatmapOptions>(&decode)) {
    const int64_t height = input.height / heatmap->stride;
    const int64_t width = input.width / heatmap->stride;
    if (shapes[0][2] != height || shapes[0][3] != width) {
      throw_shape("heatmaps of " + std::to_string(height) + " x " + std::to_string(width) +
                      " cells (stride " + std::to_string(heatmap->stride) + ")",
                  shapes[0]);
    }
    return;
  }
  const auto& simcc = std::get<SimccOptions>(decode);
  const int sides[] = {input.width, input.height};
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t bins = std::llround(static_cast<double>(sides[axis]) * simcc.split_ratio);
    if (shapes[axis][2] != bins) throw_shape(std::to_string(bins) + " bins an axis", shapes[axis]);
  }
}

/** Tries the outputs for one role after the other, in their order. */
class Search {
 public:
  Search(const CompiledModel& network, const Decoder& decoder, const TopDownOptions& options)
      : network_(network), decoder_(decoder), options_(options) {
    found_.of_roles.resize(decoder.roles().size());
    shapes_.resize(decoder.roles().size());
  }

  bool fill(size_t role) {
    if (role == shapes_.size()) return fits();
    const std::string name = role < options_.outputs.size() ? options_.outputs[role] : "";
    if (decoder_.roles()[role].optional && name.empty()) return fill(role + 1);
    for (size_t i = 0; i < network_.outputs().size(); ++i) {
      const OutputInfo& output = network_.outputs()[i];
      if ((!name.empty() && output.name != name) || is_taken(i, role)) continue;
      found_.of_roles[role] = i;
      shapes_[role] = output.shape;
      if (fill(role + 1)) return true;
    }
    found_.of_roles[role].reset();
    return false;
  }

  const PoseOutputs& found() const { return found_; }
  /** Why the last that was tried does not fit. */
  const std::string& reason() const { return reason_; }

 private:
  bool is_taken(size_t output, size_t roles) const {
    for (size_t role = 0; role < roles; ++role) {
      if (found_.of_roles[role] == output) return true;
    }
    return false;
  }

  bool fits() {
    try {
      found_.keypoint_count = decoder_.check(shapes_);
      require_input_size(options_.decode, shapes_, network_.input());
      return true;
    } catch (const std::invalid_argument& error) {
      reason_ = error.what();
      return false;
    }
  }

  const CompiledModel& network_;
  const Decoder& decoder_;
  const TopDownOptions& options_;
  PoseOutputs found_;
  std::vector<Shape> shapes_;
  std::string reason_;
};

std::string describe_roles(const Decoder& decoder, const TopDownOptions& options) {
  std::string text;
  for (size_t role = 0; role < decoder.roles().size(); ++role) {
    text += (text.empty() ? "" : ", ") + std::string(decoder.roles()[role].name);
    if (role < options.outputs.size() && !options.outputs[role].empty())
      text += " (called " + options.outputs[role] + ")";
  }
  return text;
}

}  // namespace

PoseOutputs find_pose_outputs(const CompiledModel& network, const Decoder& decoder,
                              const TopDownOptions& options) {
  if (!std::holds_alternative<HeatmapOptions>(options.decode) &&
      !std::holds_alternative<SimccOptions>(options.decode)) {
    throw EngineError("ENGINE_OPTION_INVALID",
                      "top-down: decode must be the options of heatmaps or of SimCC, found another family's");
  }
  Search search(network, decoder, options);
  if (search.fill(0)) return search.found();
  const InputSpec& input = network.input();
  throw EngineError("MODEL_SHAPE_MISMATCH",
                    "a top-down network with an input of " + std::to_string(input.batch) + " x " +
                        std::to_string(input.width) + "x" + std::to_string(input.height) +
                        " must have the outputs " + describe_roles(decoder, options) +
                        "; this one has: " + describe_outputs(network) +
                        (search.reason().empty() ? "" : " (" + search.reason() + ")"));
}

}  // namespace pose
