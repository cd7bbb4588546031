#include "open_session.h"

#include <utility>

#include "pack.h"
#include "pose/create_engine.h"
#include "session.h"
#include "session_options.h"

namespace pose::addon {
namespace {

class OpenWorker : public Napi::AsyncWorker {
 public:
  OpenWorker(Napi::Env env, SessionOptions options)
      : Napi::AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)), options_(std::move(options)) {}
  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    try {
      const std::unique_ptr<Engine> engine = create_engine();
      opened_ = open_session(*engine, options_);
    } catch (const EngineError& error) {
      code_ = error.code();
      SetError(error.what());
    }
  }
  void OnOK() override { deferred_.Resolve(Session::wrap(Env(), std::move(opened_))); }
  void OnError(const Napi::Error& error) override {
    deferred_.Reject(to_js_error(Env(), code_, error.Message()).Value());
  }

 private:
  Napi::Promise::Deferred deferred_;
  SessionOptions options_;
  OpenedSession opened_;
  std::string code_ = "ENGINE_FAILED";
};

}  // namespace

Napi::Value open_session_async(const Napi::CallbackInfo& info) {
  auto* worker = new OpenWorker(info.Env(), read_session_options(info[0].As<Napi::Object>()));
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

}  // namespace pose::addon
