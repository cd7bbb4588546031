#include "session.h"

#include <climits>
#include <utility>

#include "pack.h"
#include "picture_pixels.h"
#include "pose/measure_ceiling.h"
#include "read_object.h"

namespace pose::addon {

/** One frame between infer() and its promise. Only `packed`, `error_code` and `error` are written off the
 *  JavaScript thread. */
struct FrameJob {
  Napi::Promise::Deferred deferred;
  Napi::Reference<Napi::Uint8Array> pixels;
  std::vector<float> packed;
  std::string error_code;
  std::string error;
};

namespace {

constexpr double kLongestMeasurement_s = 3600.0;

/** Marks what this class made: a method may be called on any object. */
constexpr napi_type_tag kSessionTag = {0x9d1f0c4ab7e24c55, 0xa3f6e18d2b7c9041};

/** What wrap() passes to the constructor, which JavaScript may call as well. */
thread_local OpenedSession* opened_to_wrap = nullptr;

/** The session that a method was called on. JavaScript may call it on anything. */
Session& session_of(const Napi::CallbackInfo& info) {
  const Napi::Value self = info.This();
  if (!self.IsObject() || !self.As<Napi::Object>().CheckTypeTag(&kSessionTag)) {
    throw Napi::TypeError::New(info.Env(), "this is called on a session that open() made");
  }
  return *Session::Unwrap(self.As<Napi::Object>());
}

void describe(std::exception_ptr error, FrameJob& job) {
  job.error_code = "ENGINE_FAILED";
  try {
    std::rethrow_exception(error);
  } catch (const EngineError& failure) {
    job.error_code = failure.code();
    job.error = failure.what();
  } catch (const std::exception& failure) {
    job.error = failure.what();
  } catch (...) {
    job.error = "the inference runtime threw something that is no exception";
  }
}

Napi::Object to_object(Napi::Env env, const Ceiling& ceiling) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("fps", ceiling.fps);
  object.Set("latencyP50Ms", ceiling.latency_p50_ms);
  object.Set("latencyP95Ms", ceiling.latency_p95_ms);
  object.Set("inferences", static_cast<double>(ceiling.inferences));
  return object;
}

class MeasureWorker : public Napi::AsyncWorker {
 public:
  MeasureWorker(const Napi::Object& session, CompiledModel& network,
                std::shared_ptr<Measurements> measurements, double seconds)
      : Napi::AsyncWorker(session.Env()),
        deferred_(Napi::Promise::Deferred::New(session.Env())),
        session_(Napi::Persistent(session)),
        network_(network),
        measurements_(std::move(measurements)),
        seconds_(seconds) {}
  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    try {
      const Measurements::Running running(*measurements_);
      ceiling_ = measure_ceiling(network_, network_.request_count(), seconds_);
    } catch (const EngineError& error) {
      code_ = error.code();
      SetError(error.what());
    }
  }
  void OnOK() override { deferred_.Resolve(to_object(Env(), ceiling_)); }
  void OnError(const Napi::Error& error) override {
    deferred_.Reject(to_js_error(Env(), code_, error.Message()).Value());
  }

 private:
  Napi::Promise::Deferred deferred_;
  std::string code_ = "ENGINE_FAILED";
  Napi::ObjectReference session_;  // whoever measures needs no other hold of it
  CompiledModel& network_;         // lives as long as a measurement runs
  std::shared_ptr<Measurements> measurements_;
  double seconds_;
  Ceiling ceiling_;
};

/** Freeing a compiled model takes tens of milliseconds: not on the JavaScript thread. */
class CloseWorker : public Napi::AsyncWorker {
 public:
  CloseWorker(Napi::Env env, std::shared_ptr<Estimator> estimator, std::shared_ptr<Measurements> measurements,
              Napi::ThreadSafeFunction finished)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        estimator_(std::move(estimator)),
        measurements_(std::move(measurements)),
        finished_(std::move(finished)) {}
  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    measurements_->close();
    estimator_.reset();  // the only owner: waits for the frames in flight
  }
  void OnOK() override {
    finished_.Release();  // after the frames that are still queued in it
    deferred_.Resolve(Env().Undefined());
  }

 private:
  Napi::Promise::Deferred deferred_;
  std::shared_ptr<Estimator> estimator_;
  std::shared_ptr<Measurements> measurements_;
  Napi::ThreadSafeFunction finished_;
};

/** What of a picture is looked at; all of it as it is where nothing is given. */
PictureView read_view(const Napi::Value& value, int picture_width, int picture_height) {
  PictureView view;
  if (value.IsUndefined()) return view;
  const Napi::Object given = addon::to_object(value, "view");
  view.left = integer(given, "left", 0, picture_width - 1);
  view.top = integer(given, "top", 0, picture_height - 1);
  view.width = integer(given, "width", 1, picture_width - view.left);
  view.height = integer(given, "height", 1, picture_height - view.top);
  view.rotate = integer(given, "rotate", 0, 270);
  if (view.rotate % 90 != 0) refuse_range(given.Get("rotate"), "rotate", "0, 90, 180 or 270");
  view.flip = choice<Flip>(
      given, "flip", {{"none", Flip::none}, {"horizontal", Flip::horizontal}, {"vertical", Flip::vertical}});
  return view;
}

/** The caller lends the picture's memory until the promise settles: it must not be moved or freed before, and
 * is not copied. */
Frame read_frame(const Napi::CallbackInfo& info) {
  Frame frame;
  frame.camera = static_cast<int>(to_integer(info[3], "camera", INT_MIN, INT_MAX));
  frame.time_ms = to_double(info[4], "timeMs");
  const int width = static_cast<int>(to_integer(info[1], "width", 1, kLongestPictureSide));
  const int height = static_cast<int>(to_integer(info[2], "height", 1, kLongestPictureSide));
  frame.view = read_view(info[5], width, height);
  const PicturePixels picture = read_picture(info, info[6]);
  if (picture.planes) {
    frame.planes = picture.yuv();
  } else {
    frame.image = picture.image();
  }
  return frame;
}

}  // namespace

Napi::Function Session::define(Napi::Env env) {
  const Napi::Function constructor = DefineClass(env, "Session", {});
  Napi::Object prototype = constructor.Get("prototype").As<Napi::Object>();
  // Not as methods of the class, which would be told that `this` is another object only by an error without
  // words.
  const auto method = [&](const char* name, Napi::Value (Session::*called)(const Napi::CallbackInfo&)) {
    return Napi::PropertyDescriptor::Function(env, prototype, name, [called](const Napi::CallbackInfo& info) {
      return (session_of(info).*called)(info);
    });
  };
  prototype.DefineProperties(
      {method("infer", &Session::infer), method("measure", &Session::measure),
       method("forget", &Session::forget), method("close", &Session::close), method("leave", &Session::leave),
       Napi::PropertyDescriptor::Accessor(env, prototype, "info", [](const Napi::CallbackInfo& info) {
         return session_of(info).info(info);
       })});
  return constructor;
}

Napi::Value Session::wrap(Napi::Env env, OpenedSession opened) {
  auto* constructor = env.GetInstanceData<Napi::FunctionReference>();
  opened_to_wrap = &opened;
  return constructor->New({});
}

Session::Session(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Session>(info) {
  OpenedSession* opened = std::exchange(opened_to_wrap, nullptr);
  if (opened == nullptr) throw Napi::TypeError::New(info.Env(), "a session is made by open() alone");
  opened_ = std::move(*opened);
  info.This().As<Napi::Object>().TypeTag(&kSessionTag);
  finished_ = Napi::ThreadSafeFunction::New(info.Env(), Napi::Function(), "pose session", 0, 1);
  finished_.Unref(info.Env());
  napi_add_env_cleanup_hook(info.Env(), on_environment_end, this);
}

Session::~Session() {
  if (closing_) return;
  napi_remove_env_cleanup_hook(Env(), on_environment_end, this);
  abandon();
}

void Session::on_environment_end(void* self) { static_cast<Session*>(self)->abandon(); }

void Session::abandon() {
  closing_ = true;
  measurements_->close();
  opened_.estimator.reset();
  finished_.Abort();
}

Napi::Value Session::infer(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (closing_) {
    const auto deferred = Napi::Promise::Deferred::New(env);
    deferred.Reject(to_js_error(env, "ENGINE_CLOSED", "the session is closed").Value());
    return deferred.Promise();
  }
  const Frame frame = read_frame(info);
  auto* job = new FrameJob{
      Napi::Promise::Deferred::New(env), Napi::Persistent(info[0].As<Napi::Uint8Array>()), {}, {}, {}};
  const Napi::Promise promise = job->deferred.Promise();
  if (in_flight_++ == 0) {
    finished_.Ref(env);  // frames in flight keep the process and this session alive
    Ref();
  }
  opened_.estimator->submit(frame, [this, job](const Estimate* estimate, std::exception_ptr error) {
    if (error) {
      describe(error, *job);
    } else {
      job->packed = pack(estimate->instances, estimate->timings);
    }
    finished_.NonBlockingCall(
        job, [this](Napi::Env js_env, Napi::Function, FrameJob* finished) { deliver(js_env, finished); });
  });
  return promise;
}

void Session::deliver(Napi::Env env, FrameJob* job) {
  if (env == nullptr) return;  // the environment is ending; its memory goes with it
  if (job->error_code.empty()) {
    job->deferred.Resolve(to_js(env, job->packed));
  } else {
    job->deferred.Reject(to_js_error(env, job->error_code, job->error).Value());
  }
  delete job;
  if (--in_flight_ == 0) {
    finished_.Unref(env);
    Unref();
  }
}

Napi::Value Session::measure(const Napi::CallbackInfo& info) {
  if (closing_) throw to_js_error(info.Env(), "ENGINE_CLOSED", "the session is closed");
  const double seconds = to_double(info[0], "seconds");
  // Written so that NaN fails.
  if (!(seconds >= 0.0 && seconds <= kLongestMeasurement_s)) refuse_range(info[0], "seconds", "0 to 3600");
  auto* worker = new MeasureWorker(info.This().As<Napi::Object>(), *opened_.network, measurements_, seconds);
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

Napi::Value Session::forget(const Napi::CallbackInfo& info) {
  const int64_t camera = to_integer(info[0], "camera", INT_MIN, INT_MAX);
  if (!closing_) opened_.estimator->forget(static_cast<int>(camera));
  return info.Env().Undefined();
}

Napi::Value Session::close(const Napi::CallbackInfo& info) {
  if (closing_) throw to_js_error(info.Env(), "ENGINE_CLOSED", "the session is closed");
  closing_ = true;
  napi_remove_env_cleanup_hook(Env(), on_environment_end, this);
  auto* worker = new CloseWorker(info.Env(), std::move(opened_.estimator), measurements_, finished_);
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

Napi::Value Session::leave(const Napi::CallbackInfo& info) {
  if (!closing_) {
    napi_remove_env_cleanup_hook(Env(), on_environment_end, this);
    abandon();
  }
  return info.Env().Undefined();
}

Napi::Value Session::info(const Napi::CallbackInfo& info) {
  if (closing_) throw to_js_error(info.Env(), "ENGINE_CLOSED", "the session is closed");
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("engineVersion", opened_.engine_version);
  object.Set("deviceName", opened_.network->device_name());
  object.Set("precision", opened_.network->precision());
  object.Set("capacity", opened_.estimator->capacity());
  object.Set("inputWidth", opened_.network->input().width);
  object.Set("inputHeight", opened_.network->input().height);
  return object;
}

}  // namespace pose::addon
