#include "decode.h"

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "decoder_options.h"
#include "pack.h"
#include "pose/decoder.h"

namespace pose::addon {
namespace {

/** JavaScript Float32Arrays, one a role of a decoder, kept alive while native code reads them. Their memory
 * must not be transferred meanwhile. */
struct HeldTensors {
  std::vector<Napi::Reference<Napi::Float32Array>> arrays;
  std::vector<TensorView> views;
};

/** A role that is not there has an empty view. */
HeldTensors hold(const Decoder& decoder, const Napi::Object& tensors) {
  HeldTensors held;
  for (const TensorRole& role : decoder.roles()) {
    TensorView view;
    if (tensors.Has(role.name)) {
      const auto tensor = tensors.Get(role.name).As<Napi::Object>();
      const auto data = tensor.Get("data").As<Napi::Float32Array>();
      const auto shape = tensor.Get("shape").As<Napi::Array>();
      held.arrays.push_back(Napi::Persistent(data));
      view.data = data.Data();
      for (uint32_t axis = 0; axis < shape.Length(); ++axis) {
        view.shape.push_back(shape.Get(axis).As<Napi::Number>().Int64Value());
      }
    }
    held.views.push_back(view);
  }
  return held;
}

class DecodeWorker : public Napi::AsyncWorker {
 public:
  DecodeWorker(Napi::Env env, std::unique_ptr<Decoder> decoder, HeldTensors tensors)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        decoder_(std::move(decoder)),
        tensors_(std::move(tensors)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    Instances instances;
    try {
      decoder_->decode(tensors_.views, instances);
      packed_ = pack(instances);
    } catch (const std::invalid_argument& error) {
      code_ = "TENSOR_INVALID";
      SetError(error.what());
    }
  }
  void OnOK() override { deferred_.Resolve(to_js(Env(), packed_)); }
  void OnError(const Napi::Error& error) override {
    deferred_.Reject(to_js_error(Env(), code_, error.Message()).Value());
  }

 private:
  Napi::Promise::Deferred deferred_;
  std::unique_ptr<Decoder> decoder_;
  HeldTensors tensors_;
  std::vector<float> packed_;
  std::string code_ = "ENGINE_FAILED";
};

}  // namespace

Napi::Value decode_async(const Napi::CallbackInfo& info) {
  const DecoderOptions options =
      read_decoder_options(info.Env(), info[0].As<Napi::String>().Utf8Value(), info[2].As<Napi::Object>());
  std::unique_ptr<Decoder> decoder = make_decoder(options);
  HeldTensors tensors = hold(*decoder, info[1].As<Napi::Object>());
  auto* worker = new DecodeWorker(info.Env(), std::move(decoder), std::move(tensors));
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

}  // namespace pose::addon
