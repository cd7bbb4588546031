#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pose/engine.h"

namespace pose::test {

/** A network made of a function: reads the input buffer, fills the outputs. May throw. */
using FakeNetwork = std::function<void(const uint8_t* input, std::vector<std::vector<float>>& outputs)>;

class FakeRequest : public InferRequest {
 public:
  FakeRequest(const InputSpec& spec, const std::vector<OutputInfo>& infos, FakeNetwork network)
      : infos_(infos),
        network_(std::move(network)),
        input_(static_cast<size_t>(spec.batch) * static_cast<size_t>(spec.height) *
               static_cast<size_t>(spec.width) * 3) {
    for (const OutputInfo& info : infos)
      outputs_.emplace_back(static_cast<size_t>(info.shape.elements()), 0.0F);
  }
  ~FakeRequest() override { join(); }

  uint8_t* input() override { return input_.data(); }
  void infer() override { network_(input_.data(), outputs_); }
  void start(Done done) override {
    join();
    thread_ = std::thread([this, done = std::move(done)] {
      std::exception_ptr error;
      try {
        infer();
      } catch (...) {
        error = std::current_exception();
      }
      done(error);
    });
  }
  TensorView output(size_t index) const override { return {outputs_[index].data(), infos_[index].shape}; }

 private:
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  std::vector<OutputInfo> infos_;
  FakeNetwork network_;
  std::vector<uint8_t> input_;
  std::vector<std::vector<float>> outputs_;
  std::thread thread_;
};

class FakeModel : public CompiledModel {
 public:
  FakeModel(const InputSpec& spec, std::vector<OutputInfo> outputs, FakeNetwork network, int requests = 1)
      : spec_(spec), outputs_(std::move(outputs)), network_(std::move(network)), requests_(requests) {}

  const InputSpec& input() const override { return spec_; }
  const std::vector<OutputInfo>& outputs() const override { return outputs_; }
  int request_count() const override { return requests_; }
  std::string precision() const override { return "f32"; }
  std::string device_name() const override { return "fake"; }
  std::unique_ptr<InferRequest> create_request() override {
    return std::make_unique<FakeRequest>(spec_, outputs_, network_);
  }

 private:
  InputSpec spec_;
  std::vector<OutputInfo> outputs_;
  FakeNetwork network_;
  int requests_;
};

}  // namespace pose::test
