#include "session_options.h"

namespace pose::addon {
namespace {

std::string text(const Napi::Object& from, const char* key) {
  return from.Get(key).As<Napi::String>().Utf8Value();
}
int integer(const Napi::Object& from, const char* key) {
  return from.Get(key).As<Napi::Number>().Int32Value();
}
float number(const Napi::Object& from, const char* key) {
  return from.Get(key).As<Napi::Number>().FloatValue();
}
std::array<float, 3> channels(const Napi::Object& from, const char* key) {
  const auto values = from.Get(key).As<Napi::Array>();
  std::array<float, 3> result{};
  for (uint32_t i = 0; i < 3; ++i) result[i] = values.Get(i).As<Napi::Number>().FloatValue();
  return result;
}
bool flag(const Napi::Object& from, const char* key) { return from.Get(key).As<Napi::Boolean>().Value(); }

}  // namespace

SessionOptions read_session_options(const Napi::Object& given) {
  SessionOptions options;
  options.family = text(given, "family");
  options.model = text(given, "model");

  options.compile.device = text(given, "device");
  options.compile.precision = text(given, "precision");
  options.compile.cache_dir = text(given, "cacheDir");
  options.compile.mode =
      text(given, "mode") == "latency" ? PerformanceMode::latency : PerformanceMode::throughput;
  options.compile.threads = integer(given, "threads");
  options.compile.requests = integer(given, "requests");

  if (options.family == "openpose") {
    options.input.width = integer(given, "inputWidth");
    options.input.height = integer(given, "inputHeight");
    options.input.color = text(given, "color") == "rgb" ? ColorOrder::rgb : ColorOrder::bgr;
    options.input.mean = channels(given, "mean");
    options.input.scale = channels(given, "scale");
    options.openpose.heatmaps = text(given, "heatmaps");
    options.openpose.pafs = text(given, "pafs");
    options.openpose.interpolation =
        text(given, "interpolation") == "cubic" ? Interpolation::cubic : Interpolation::linear;
    options.openpose.decode.peak_threshold = number(given, "peakThreshold");
    options.openpose.decode.limb_ratio =
        text(given, "limbRatio") == "most" ? LimbRatio::most : LimbRatio::all;
  } else {
    options.detector = text(given, "detector");
    options.blazepose.tracking.max_people = integer(given, "maxPeople");
    options.blazepose.tracking.smooth = flag(given, "smooth");
    options.blazepose.tracking.static_image = flag(given, "staticImage");
  }
  return options;
}

OpenedSession open_session(Engine& engine, const SessionOptions& options) {
  OpenedSession opened;
  opened.engine_version = engine.version();
  if (options.family == "openpose") {
    std::unique_ptr<CompiledModel> model = engine.compile(options.model, options.input, options.compile);
    opened.network = model.get();
    opened.estimator = make_openpose_estimator(std::move(model), options.openpose);
  } else {
    std::unique_ptr<CompiledModel> detector =
        engine.compile(options.detector, blazepose_detector_input(), options.compile);
    CompileOptions landmark_options = options.compile;
    landmark_options.kept_outputs = blazepose_landmark_outputs();
    std::unique_ptr<CompiledModel> landmarks =
        engine.compile(options.model, blazepose_landmark_input(), landmark_options);
    opened.network = landmarks.get();
    opened.estimator = make_blazepose_estimator(std::move(detector), std::move(landmarks), options.blazepose);
  }
  return opened;
}

}  // namespace pose::addon
