#include "describe_outputs.h"

namespace pose {

std::string describe_outputs(const CompiledModel& model) {
  std::string text;
  for (const OutputInfo& output : model.outputs()) {
    text += (text.empty() ? "" : ", ") + output.name + " " + output.shape.to_string();
  }
  return text.empty() ? "none" : text;
}

}  // namespace pose
