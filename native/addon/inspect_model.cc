#include "inspect_model.h"

#include <utility>

#include "pack.h"
#include "pose/create_engine.h"

namespace pose::addon {
namespace {

Napi::Array to_array(Napi::Env env, const std::vector<TensorOutline>& tensors) {
  Napi::Array array = Napi::Array::New(env, tensors.size());
  for (uint32_t i = 0; i < tensors.size(); ++i) {
    const TensorOutline& from = tensors[i];
    Napi::Array dims = Napi::Array::New(env, from.dims.size());
    for (uint32_t axis = 0; axis < from.dims.size(); ++axis) {
      dims.Set(axis, static_cast<double>(from.dims[axis]));
    }
    Napi::Object tensor = Napi::Object::New(env);
    tensor.Set("name", from.name);
    tensor.Set("dims", from.has_rank ? static_cast<Napi::Value>(dims) : env.Null());
    tensor.Set("type", from.type);
    array.Set(i, tensor);
  }
  return array;
}

class InspectWorker : public Napi::AsyncWorker {
 public:
  InspectWorker(Napi::Env env, std::string path, PictureSize size)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        path_(std::move(path)),
        size_(size) {}
  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    try {
      outline_ = create_engine()->inspect(path_, size_);
    } catch (const EngineError& error) {
      code_ = error.code();
      SetError(error.what());
    }
  }
  void OnOK() override {
    Napi::Object result = Napi::Object::New(Env());
    result.Set("inputs", to_array(Env(), outline_.inputs));
    result.Set("outputs", to_array(Env(), outline_.outputs));
    deferred_.Resolve(result);
  }
  void OnError(const Napi::Error& error) override {
    deferred_.Reject(to_js_error(Env(), code_, error.Message()).Value());
  }

 private:
  Napi::Promise::Deferred deferred_;
  std::string path_;
  PictureSize size_;
  ModelOutline outline_;
  std::string code_ = "ENGINE_FAILED";
};

}  // namespace

Napi::Value inspect_model_async(const Napi::CallbackInfo& info) {
  const PictureSize size{info[1].As<Napi::Number>().Int32Value(), info[2].As<Napi::Number>().Int32Value()};
  auto* worker = new InspectWorker(info.Env(), info[0].As<Napi::String>().Utf8Value(), size);
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

}  // namespace pose::addon
