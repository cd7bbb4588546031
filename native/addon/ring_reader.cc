#include "ring_reader.h"

#include <array>
#include <memory>
#include <system_error>

#include "picture_format.h"
#include "picture_ring.h"
#include "read_object.h"

namespace pose::addon {
namespace {

class RingReader {
 public:
  explicit RingReader(PictureRing ring) : ring_(std::make_shared<PictureRing>(std::move(ring))) {}

  Napi::Value take(Napi::Env env) {
    const auto taken = ring_ ? ring_->take() : std::nullopt;
    if (!taken) return env.Null();
    views_[static_cast<size_t>(taken->slot)].taken = true;
    const PictureInfo& picture = taken->info;
    auto result = Napi::Object::New(env);
    result.Set("slot", taken->slot);
    result.Set("seq", static_cast<double>(picture.seq));
    result.Set("capturedMs", static_cast<double>(picture.captured_ns) * 1e-6);
    result.Set("clockErrorMs", clock_error_ms(env, picture.clock_error_ns));
    if (picture.key >= 0) result.Set("isKey", picture.key != 0);
    result.Set("width", picture.width);
    result.Set("height", picture.height);
    result.Set("scale", picture.scale);
    result.Set("format", kPictureFormats.at(static_cast<size_t>(picture.format)));
    result.Set("pixels", Napi::Uint8Array::New(env, taken->bytes, buffer_of(env, *taken), 0));
    return result;
  }

  void release(const Napi::Value& given) {
    const auto slot = static_cast<int>(to_integer(given, "slot", 0, PictureRing::max_slots - 1));
    View& view = views_[static_cast<size_t>(slot)];
    // Twice would free what was taken meanwhile.
    if (!view.taken) refuse_range(given, "slot", "one that is taken");
    view.taken = false;
    ring_->release(slot);
  }

  void close(Napi::Env env) {
    for (const View& view : views_) {
      if (view.taken) throw Napi::RangeError::New(env, "a picture of the ring is still taken");
    }
    for (View& view : views_) {
      if (!view.buffer.IsEmpty()) napi_detach_arraybuffer(env, view.buffer.Value());
      view.buffer.Reset();
    }
    ring_.reset();
  }

 private:
  struct View {
    Napi::Reference<Napi::ArrayBuffer> buffer;
    size_t bytes = 0;
    bool taken = false;
  };

  /** As NativePicture has it. */
  static Napi::Value clock_error_ms(Napi::Env env, int64_t error_ns) {
    if (error_ns == no_camera_clock) return env.Undefined();
    if (error_ns < 0) return env.Null();
    return Napi::Number::New(env, static_cast<double>(error_ns) * 1e-6);
  }

  /** The same as long as the pictures have one size: an object less a frame, and V8 counts what is used. */
  Napi::ArrayBuffer buffer_of(Napi::Env env, const PictureRing::Taken& taken) {
    View& view = views_[static_cast<size_t>(taken.slot)];
    if (view.bytes != taken.bytes || view.buffer.IsEmpty()) {
      // Memory that JavaScript can still see stays mapped.
      auto* keeper = new std::shared_ptr<PictureRing>(ring_);
      view.buffer = Napi::Persistent(Napi::ArrayBuffer::New(
          env, taken.pixels, taken.bytes,
          [](Napi::Env, void*, std::shared_ptr<PictureRing>* kept) { delete kept; }, keeper));
      view.bytes = taken.bytes;
    }
    return view.buffer.Value();
  }

  std::shared_ptr<PictureRing> ring_;
  std::array<View, PictureRing::max_slots> views_;
};

}  // namespace

Napi::Value create_picture_ring(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto slots = static_cast<int>(to_integer(info[0], "slots", 3, PictureRing::max_slots));
  const auto bytes = static_cast<size_t>(to_integer(info[1], "slotBytes", 1, int64_t{1} << 32));
  auto result = Napi::Object::New(env);
  try {
    PictureRing ring = PictureRing::create(slots, bytes);
    result.Set("descriptor", ring.descriptor());
    // Not a class: its methods could be called on any object.
    const auto reader = std::make_shared<RingReader>(std::move(ring));
    const auto set = [&](const char* name, auto&& work) {
      result.Set(
          name,
          Napi::Function::New(
              env, [reader, work](const Napi::CallbackInfo& call) { return work(*reader, call); }, name));
    };
    set("take", [](RingReader& self, const Napi::CallbackInfo& call) { return self.take(call.Env()); });
    set("release", [](RingReader& self, const Napi::CallbackInfo& call) {
      self.release(call[0]);
      return call.Env().Undefined();
    });
    set("close", [](RingReader& self, const Napi::CallbackInfo& call) {
      self.close(call.Env());
      return call.Env().Undefined();
    });
  } catch (const std::system_error& error) {
    throw Napi::RangeError::New(env, error.what());
  }
  return result;
}

}  // namespace pose::addon
