#pragma once

#include <napi.h>

#include "measurements.h"
#include "session_options.h"

namespace pose::addon {

struct FrameJob;

/** The JavaScript face of an opened model.
 *
 *  infer(pixels, width, height, camera, timeMs, view?, format?): Promise of packed instances (pack.h), image
 * pixels; `view` is {left, top, width, height, rotate, flip} (pose/picture_view.h), and undefined for the
 * picture as it is. `pixels` is lent until the promise settles: it must not be moved or freed before
 * measure(seconds): Promise of {fps, latencyP50Ms, latencyP95Ms, inferences} of the bare network
 * forget(camera): drops what is remembered of a camera close(): Promise, resolved when everything in flight
 * has ended, measurements too, and the model is freed; to be called once info: {engineVersion, deviceName,
 * precision, capacity, inputWidth, inputHeight}
 *
 *  Everything here runs on the JavaScript thread; the estimator's threads only pass finished jobs to it. When
 * the environment ends while frames are in flight, a clean-up hook waits for them before anything is freed.
 */
class Session : public Napi::ObjectWrap<Session> {
 public:
  static Napi::Function define(Napi::Env env);
  static Napi::Value wrap(Napi::Env env, OpenedSession opened);

  explicit Session(const Napi::CallbackInfo& info);
  ~Session() override;

 private:
  Napi::Value infer(const Napi::CallbackInfo& info);
  Napi::Value measure(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);
  Napi::Value leave(const Napi::CallbackInfo& info);
  Napi::Value info(const Napi::CallbackInfo& info);
  Napi::Value forget(const Napi::CallbackInfo& info);

  void deliver(Napi::Env env, FrameJob* job);
  /** Frees the model after everything in flight has ended; nobody is left to be told. */
  void abandon();
  static void on_environment_end(void* self);

  OpenedSession opened_;
  const std::shared_ptr<Measurements> measurements_ = std::make_shared<Measurements>();
  Napi::ThreadSafeFunction finished_;
  int in_flight_ = 0;
  bool closing_ = false;
};

}  // namespace pose::addon
