#include "decoder_outputs.h"

#include <algorithm>
#include <stdexcept>

#include "check_map_sizes.h"
#include "describe_outputs.h"

namespace pose {
namespace {

constexpr int kAbsent = -1;
constexpr int kOpen = -2;  // to be found by its shape

int find_name(const CompiledModel& model, const std::string& name) {
  for (size_t i = 0; i < model.outputs().size(); ++i) {
    if (model.outputs()[i].is_called(name)) return static_cast<int>(i);
  }
  return kAbsent;
}

/** Tries the network's outputs for the roles that no name decides. */
class Search {
 public:
  Search(const CompiledModel& model, const Decoder& decoder, const DecoderOptions& decode)
      : model_(model), decoder_(decoder), decode_(decode) {}

  /** Every choice that fits, of outputs that no other role has. */
  void collect(std::vector<int>& positions) {
    const auto open = std::find(positions.begin(), positions.end(), kOpen);
    if (open == positions.end()) {
      if (fits(positions)) found_.push_back(positions);
      return;
    }
    for (int i = 0; i < static_cast<int>(model_.outputs().size()); ++i) {
      if (std::find(positions.begin(), positions.end(), i) != positions.end()) continue;
      *open = i;
      collect(positions);
    }
    *open = kOpen;
  }

  const std::vector<std::vector<int>>& found() const { return found_; }
  int keypoint_count() const { return keypoint_count_; }
  /** Why the choice that came nearest does not fit. */
  const std::string& reason() const { return reason_; }

 private:
  bool fits(const std::vector<int>& positions) {
    std::vector<Shape> shapes;
    for (const int position : positions) {
      shapes.push_back(position < 0 ? Shape() : model_.outputs()[static_cast<size_t>(position)].shape);
    }
    bool is_of_the_family = false;
    try {
      const int keypoints = decoder_.check(shapes);
      is_of_the_family = true;
      check_map_sizes(decode_, shapes, model_.input());
      keypoint_count_ = keypoints;
      return true;
    } catch (const std::invalid_argument& error) {
      // A choice of the right kind says more than one that mixes the outputs up.
      if (reason_.empty() || is_of_the_family) reason_ = error.what();
      return false;
    }
  }

  const CompiledModel& model_;
  const Decoder& decoder_;
  const DecoderOptions& decode_;
  std::vector<std::vector<int>> found_;
  int keypoint_count_ = 0;
  std::string reason_;
};

[[noreturn]] void refuse(const CompiledModel& model, const std::string& why) {
  throw EngineError("MODEL_SHAPE_MISMATCH", why + "; the network's outputs: " + describe_outputs(model));
}

}  // namespace

DecoderOutputs::DecoderOutputs(const CompiledModel& model, const Decoder& decoder,
                               const DecoderOptions& decode, const std::vector<std::string>& names) {
  const std::vector<TensorRole>& roles = decoder.roles();
  std::string wanted;
  for (size_t i = 0; i < roles.size(); ++i) {
    const std::string role = roles[i].name;
    const std::string name = i < names.size() ? names[i] : "";
    int position = find_name(model, name.empty() ? role : name);
    if (position == kAbsent && !name.empty()) refuse(model, role + ": there is no output called " + name);
    if (position == kAbsent && !roles[i].optional) position = kOpen;
    if (position != kAbsent) wanted += (wanted.empty() ? "" : ", ") + role;
    positions_.push_back(position);
  }
  Search search(model, decoder, decode);
  search.collect(positions_);
  if (search.found().empty()) {
    refuse(model, "no outputs can be " + wanted + (search.reason().empty() ? "" : ": " + search.reason()));
  }
  if (search.found().size() > 1) refuse(model, "several outputs may be " + wanted + ": say which by name");
  positions_ = search.found().front();
  keypoint_count_ = search.keypoint_count();
}

void DecoderOutputs::read(const InferRequest& request, std::vector<TensorView>& views) const {
  views.clear();
  for (const int position : positions_) {
    views.push_back(position < 0 ? TensorView() : request.output(static_cast<size_t>(position)));
  }
}

}  // namespace pose
