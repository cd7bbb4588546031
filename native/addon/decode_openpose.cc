#include "decode_openpose.h"

#include <utility>
#include <vector>

#include "pack.h"
#include "pose/openpose.h"

namespace pose::addon {
namespace {

/** A JavaScript Float32Array that stays alive and in place while native code reads it. */
struct HeldTensor {
  Napi::Reference<Napi::Float32Array> array;
  TensorView view;
};

HeldTensor hold(const Napi::Value& data, const Napi::Value& dims) {
  HeldTensor held;
  const auto array = data.As<Napi::Float32Array>();
  held.array = Napi::Persistent(array);
  held.view.data = array.Data();
  const auto shape = dims.As<Napi::Array>();
  for (uint32_t axis = 0; axis < shape.Length(); ++axis) {
    held.view.shape.push_back(shape.Get(axis).As<Napi::Number>().Int64Value());
  }
  return held;
}

class DecodeWorker : public Napi::AsyncWorker {
 public:
  DecodeWorker(Napi::Env env, HeldTensor heatmaps, HeldTensor pafs, const OpenPoseOptions& options)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        heatmaps_(std::move(heatmaps)),
        pafs_(std::move(pafs)),
        options_(options) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    OpenPoseArena arena;
    Instances instances;
    decode_openpose(heatmaps_.view, pafs_.view, options_, arena, instances);
    packed_ = pack(instances);
  }
  void OnOK() override { deferred_.Resolve(to_js(Env(), packed_)); }
  void OnError(const Napi::Error& error) override {
    deferred_.Reject(to_js_error(Env(), "TENSOR_INVALID", error.Message()).Value());
  }

 private:
  Napi::Promise::Deferred deferred_;
  HeldTensor heatmaps_;
  HeldTensor pafs_;
  OpenPoseOptions options_;
  std::vector<float> packed_;
};

}  // namespace

Napi::Value decode_openpose_async(const Napi::CallbackInfo& info) {
  const auto given = info[4].As<Napi::Object>();
  OpenPoseOptions options;
  options.peak_threshold = given.Get("peakThreshold").As<Napi::Number>().FloatValue();
  options.limb_ratio =
      given.Get("limbRatio").As<Napi::String>().Utf8Value() == "most" ? LimbRatio::most : LimbRatio::all;
  auto* worker = new DecodeWorker(info.Env(), hold(info[0], info[1]), hold(info[2], info[3]), options);
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

}  // namespace pose::addon
