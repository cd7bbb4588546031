#include "openvino_model.h"

#include <atomic>
#include <thread>
#include <utility>

#include "openvino_file.h"
#include "tell_thread_sanitizer.h"

namespace pose {
namespace {

Shape to_shape(const ov::Shape& dims) {
  Shape shape;
  for (size_t dim : dims) shape.push_back(static_cast<int64_t>(dim));
  return shape;
}

class OpenVinoRequest : public InferRequest {
 public:
  OpenVinoRequest(ov::InferRequest request, const std::vector<OutputInfo>& outputs)
      : request_(std::move(request)), input_(request_.get_input_tensor()) {
    // Bound once: the runtime writes every result to the same place, so that nothing is looked up a frame.
    for (size_t i = 0; i < outputs.size(); ++i) {
      output_tensors_.push_back(request_.get_output_tensor(i));
      outputs_.push_back({output_tensors_.back().data<float>(), outputs[i].shape});
    }
  }
  ~OpenVinoRequest() override { wait_for_callback(); }

  uint8_t* input() override { return input_.data<uint8_t>(); }
  void infer() override {
    wait_for_callback();
    request_.infer();
  }
  void start(Done done) override {
    wait_for_callback();
    request_.set_callback([this, done = std::move(done)](std::exception_ptr error) {
      happens_after(this);
      callback_thread_ = std::this_thread::get_id();
      done(error);
      happens_before(this);
    });
    happens_before(this);
    request_.start_async();
  }
  TensorView output(size_t index) const override { return outputs_.at(index); }

 private:
  /** After `done` has returned, the runtime still puts its callback back, and whoever was told by `done` may
   * be here already: the next inference must not meet the old callback. Within the callback itself there is
   * nothing to wait for. */
  void wait_for_callback() {
    if (callback_thread_ == std::this_thread::get_id()) return;
    try {
      request_.wait();
    } catch (...) {
      // Its failure was reported to `done`.
    }
    happens_after(this);
  }

  std::atomic<std::thread::id> callback_thread_{};  ///< of the last callback
  ov::InferRequest request_;
  ov::Tensor input_;
  std::vector<ov::Tensor> output_tensors_;
  std::vector<TensorView> outputs_;
};

}  // namespace

OpenVinoModel::OpenVinoModel(ov::CompiledModel compiled, const InputSpec& input, std::string device_name,
                             int requests)
    : compiled_(std::move(compiled)),
      input_(input),
      device_name_(std::move(device_name)),
      requests_(requests) {
  for (const auto& output : compiled_.outputs()) {
    const auto& names = output.get_names();
    outputs_.push_back({name_of(output), to_shape(output.get_shape()), {names.begin(), names.end()}});
  }
}

std::string OpenVinoModel::precision() const {
  try {
    return compiled_.get_property(ov::hint::inference_precision).to_string();
  } catch (const ov::Exception&) {
    return "unknown";  // AUTO and some plugins do not tell
  }
}

std::unique_ptr<InferRequest> OpenVinoModel::create_request() {
  try {
    return std::make_unique<OpenVinoRequest>(compiled_.create_infer_request(), outputs_);
  } catch (const ov::Exception& error) {
    throw EngineError("ENGINE_FAILED", std::string("OpenVINO could not create a request: ") + error.what());
  }
}

}  // namespace pose
