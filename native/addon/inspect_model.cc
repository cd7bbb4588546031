#include "inspect_model.h"

#include <utility>

#include "pack.h"
#include "pose/create_engine.h"
#include "read_object.h"

namespace pose::addon {
namespace {

constexpr int kLongestSide = 16384;  ///< of a picture, px

Napi::Array list_tensors(Napi::Env env, const std::vector<TensorOutline>& tensors) {
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
    result.Set("inputs", list_tensors(Env(), outline_.inputs));
    result.Set("outputs", list_tensors(Env(), outline_.outputs));
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
  std::string path = to_text(info[0], "path");
  const auto side = [&info](size_t at, const char* name) {
    return static_cast<int>(to_integer(info[at], name, 0, kLongestSide));
  };
  const PictureSize size{side(1, "width"), side(2, "height")};
  auto* worker = new InspectWorker(info.Env(), std::move(path), size);
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

}  // namespace pose::addon
