#include <napi.h>

#include "inspect_model.h"
#include "open_session.h"
#include "pack.h"
#include "pose/create_engine.h"
#include "session.h"

namespace pose::addon {
namespace {

/** devices(): [{id, name}] that the runtime sees. */
class DevicesWorker : public Napi::AsyncWorker {
 public:
  explicit DevicesWorker(Napi::Env env)
      : Napi::AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)) {}
  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    try {
      const std::unique_ptr<Engine> engine = create_engine();
      version_ = engine->version();
      devices_ = engine->devices();
    } catch (const EngineError& error) {
      code_ = error.code();
      SetError(error.what());
    }
  }
  void OnOK() override {
    Napi::Array devices = Napi::Array::New(Env(), devices_.size());
    for (uint32_t i = 0; i < devices_.size(); ++i) {
      Napi::Object device = Napi::Object::New(Env());
      device.Set("id", devices_[i].id);
      device.Set("name", devices_[i].name);
      devices.Set(i, device);
    }
    Napi::Object result = Napi::Object::New(Env());
    result.Set("version", version_);
    result.Set("devices", devices);
    deferred_.Resolve(result);
  }
  void OnError(const Napi::Error& error) override {
    deferred_.Reject(to_js_error(Env(), code_, error.Message()).Value());
  }

 private:
  Napi::Promise::Deferred deferred_;
  std::string code_ = "ENGINE_FAILED";
  std::string version_;
  std::vector<DeviceInfo> devices_;
};

Napi::Value devices(const Napi::CallbackInfo& info) {
  auto* worker = new DevicesWorker(info.Env());
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  // The environment owns its class: nothing of it is global.
  auto* session_class = new Napi::FunctionReference(Napi::Persistent(Session::define(env)));
  env.SetInstanceData(session_class);
  exports.Set("open", Napi::Function::New(env, open_session_async, "open"));
  exports.Set("inspect", Napi::Function::New(env, inspect_model_async, "inspect"));
  exports.Set("devices", Napi::Function::New(env, devices, "devices"));
  return exports;
}

}  // namespace

NODE_API_MODULE(engine, init)

}  // namespace pose::addon
