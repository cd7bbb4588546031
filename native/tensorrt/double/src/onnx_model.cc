#include "onnx_model.h"

#include <algorithm>
#include <utility>

namespace sdk_double {

const OnnxAttribute* OnnxNode::find(const std::string& attribute) const {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const OnnxAttribute& known) { return known.name == attribute; });
  return found == attributes.end() ? nullptr : &*found;
}

int64_t OnnxNode::integer_or(const std::string& attribute, int64_t otherwise) const {
  const OnnxAttribute* found = find(attribute);
  return found == nullptr ? otherwise : found->integer.value_or(otherwise);
}

std::vector<int64_t> OnnxNode::integers_or(const std::string& attribute,
                                           std::vector<int64_t> otherwise) const {
  const OnnxAttribute* found = find(attribute);
  return found == nullptr || found->integers.empty() ? std::move(otherwise) : found->integers;
}

}  // namespace sdk_double
