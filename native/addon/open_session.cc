#include "open_session.h"

#include <cmath>
#include <memory>
#include <utility>

#include "pack.h"
#include "pose/create_engine.h"
#include "read_object.h"
#include "session.h"
#include "session_options.h"

namespace pose::addon {
namespace {

/** What an engine tells while it builds a network, on its way to a JavaScript function. */
class ProgressFunction {
 public:
  explicit ProgressFunction(const Napi::Function& function)
      : function_(Napi::ThreadSafeFunction::New(function.Env(), function, "open progress", 0, 1)) {}
  ~ProgressFunction() { function_.Release(); }
  ProgressFunction(const ProgressFunction&) = delete;
  ProgressFunction& operator=(const ProgressFunction&) = delete;

  void tell(const CompileProgress& progress) {
    auto* copy = new CompileProgress(progress);
    const auto deliver = [](Napi::Env env, Napi::Function function, CompileProgress* told) {
      const std::unique_ptr<CompileProgress> owned(told);
      if (env == nullptr) return;  // the environment is ending
      Napi::Object object = Napi::Object::New(env);
      object.Set("file", told->path);
      object.Set("fraction",
                 std::isnan(told->fraction) ? env.Null() : Napi::Number::New(env, told->fraction));
      object.Set("elapsedMs", told->elapsed_ms);
      function.Call({object});
    };
    if (function_.NonBlockingCall(copy, deliver) != napi_ok) delete copy;
  }

 private:
  Napi::ThreadSafeFunction function_;
};

class OpenWorker : public Napi::AsyncWorker {
 public:
  /** `progress` may be null. */
  OpenWorker(Napi::Env env, SessionOptions options, std::unique_ptr<ProgressFunction> progress)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        options_(std::move(options)),
        progress_(std::move(progress)) {
    if (!progress_) return;
    options_.compile.on_progress = [this](const CompileProgress& told) { progress_->tell(told); };
  }
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
  std::unique_ptr<ProgressFunction> progress_;
  OpenedSession opened_;
  std::string code_ = "ENGINE_FAILED";
};

}  // namespace

Napi::Value open_session_async(const Napi::CallbackInfo& info) {
  SessionOptions options = read_session_options(to_object(info[0], "options"));
  std::unique_ptr<ProgressFunction> progress;
  if (info[1].IsFunction()) {
    progress = std::make_unique<ProgressFunction>(info[1].As<Napi::Function>());
  } else if (!info[1].IsUndefined()) {
    refuse_type(info[1], "onProgress", "a function");
  }
  auto* worker = new OpenWorker(info.Env(), std::move(options), std::move(progress));
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

}  // namespace pose::addon
