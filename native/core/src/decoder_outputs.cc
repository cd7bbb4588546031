#include "decoder_outputs.h"

#include <algorithm>
#include <stdexcept>

namespace pose {
namespace {

constexpr int kAbsent = -1;
constexpr int kOpen = -2;  // to be found by its shape

std::string describe(const CompiledModel& model) {
  std::string found;
  for (const OutputInfo& output : model.outputs()) {
    found += (found.empty() ? "" : ", ") + output.name + " " + output.shape.to_string();
  }
  return found.empty() ? "none" : found;
}

[[noreturn]] void refuse(const CompiledModel& model, const std::string& why) {
  throw EngineError("MODEL_SHAPE_MISMATCH", why + "; the network's outputs are " + describe(model));
}

int find_name(const CompiledModel& model, const std::string& name) {
  for (size_t i = 0; i < model.outputs().size(); ++i) {
    const OutputInfo& output = model.outputs()[i];
    const auto& aliases = output.aliases;
    if (output.name == name || std::find(aliases.begin(), aliases.end(), name) != aliases.end()) {
      return static_cast<int>(i);
    }
  }
  return kAbsent;
}

std::vector<Shape> shapes_of(const CompiledModel& model, const std::vector<int>& positions) {
  std::vector<Shape> shapes;
  for (const int position : positions) {
    shapes.push_back(position < 0 ? Shape() : model.outputs()[static_cast<size_t>(position)].shape);
  }
  return shapes;
}

/** Every way to give the open roles outputs that nobody has, whose shapes the decoder takes. */
void collect_fits(const CompiledModel& model, const Decoder& decoder, std::vector<int>& positions,
                  std::vector<std::vector<int>>& fits) {
  const auto open = std::find(positions.begin(), positions.end(), kOpen);
  if (open == positions.end()) {
    try {
      decoder.check(shapes_of(model, positions));
      fits.push_back(positions);
    } catch (const std::invalid_argument&) {
      // Not this one.
    }
    return;
  }
  for (int i = 0; i < static_cast<int>(model.outputs().size()); ++i) {
    if (std::find(positions.begin(), positions.end(), i) != positions.end()) continue;
    *open = i;
    collect_fits(model, decoder, positions, fits);
  }
  *open = kOpen;
}

}  // namespace

DecoderOutputs::DecoderOutputs(const CompiledModel& model, const Decoder& decoder,
                               const std::vector<std::string>& names) {
  const std::vector<TensorRole>& roles = decoder.roles();
  std::string open_roles;
  for (size_t i = 0; i < roles.size(); ++i) {
    const std::string name = i < names.size() ? names[i] : "";
    int position = find_name(model, name.empty() ? roles[i].name : name);
    if (position == kAbsent && !name.empty()) {
      refuse(model, std::string(roles[i].name) + ": there is no output called " + name);
    }
    if (position == kAbsent && !roles[i].optional) {
      position = kOpen;
      open_roles += (open_roles.empty() ? "" : ", ") + std::string(roles[i].name);
    }
    positions_.push_back(position);
  }
  if (!open_roles.empty()) {
    std::vector<std::vector<int>> fits;
    collect_fits(model, decoder, positions_, fits);
    if (fits.empty()) refuse(model, "no output has the shape of " + open_roles);
    if (fits.size() > 1) refuse(model, "several outputs may be " + open_roles + ": say which by name");
    positions_ = fits.front();
  }
  try {
    keypoint_count_ = decoder.check(shapes_of(model, positions_));
  } catch (const std::invalid_argument& error) {
    refuse(model, error.what());
  }
}

void DecoderOutputs::read(const InferRequest& request, std::vector<TensorView>& views) const {
  views.clear();
  for (const int position : positions_) {
    views.push_back(position < 0 ? TensorView() : request.output(static_cast<size_t>(position)));
  }
}

}  // namespace pose
