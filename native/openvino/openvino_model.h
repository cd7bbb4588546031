#pragma once

#include <openvino/openvino.hpp>
#include <string>
#include <vector>

#include "pose/engine.h"

namespace pose {

/** A network compiled by OpenVINO, behind our own interface. */
class OpenVinoModel : public CompiledModel {
 public:
  OpenVinoModel(ov::CompiledModel compiled, const InputSpec& input, std::string device_name, int requests);

  const InputSpec& input() const override { return input_; }
  const std::vector<OutputInfo>& outputs() const override { return outputs_; }
  int request_count() const override { return requests_; }
  std::string precision() const override;
  std::string device_name() const override { return device_name_; }
  std::unique_ptr<InferRequest> create_request() override;

 private:
  ov::CompiledModel compiled_;
  InputSpec input_;
  std::vector<OutputInfo> outputs_;
  std::string device_name_;
  int requests_;
};

}  // namespace pose
