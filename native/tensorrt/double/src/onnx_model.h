#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "value.h"

namespace sdk_double {

struct OnnxAttribute {
  std::string name;
  std::optional<float> number;
  std::optional<int64_t> integer;
  std::optional<std::string> text;
  std::optional<Value> tensor;
  std::vector<float> numbers;
  std::vector<int64_t> integers;
};

struct OnnxNode {
  std::string name;
  std::string op_type;
  std::string domain;
  std::vector<std::string> inputs;  ///< "": one that is left out
  std::vector<std::string> outputs;
  std::vector<OnnxAttribute> attributes;

  /** nullptr where the node has none of this name. */
  const OnnxAttribute* find(const std::string& attribute) const;
  int64_t integer_or(const std::string& attribute, int64_t otherwise) const;
  std::vector<int64_t> integers_or(const std::string& attribute, std::vector<int64_t> otherwise) const;
};

struct OnnxInput {
  std::string name;
  ElementType type = ElementType::float32;
  Extents shape;
};

struct OnnxModel {
  std::vector<OnnxNode> nodes;
  std::vector<OnnxInput> inputs;  ///< without those that an initializer gives a value
  std::vector<std::string> outputs;
  std::map<std::string, std::shared_ptr<const Value>> constants;  ///< initializers
};

}  // namespace sdk_double
