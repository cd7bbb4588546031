#include "session_options.h"

#include "decoder_options.h"
#include "read_object.h"

namespace pose::addon {
namespace {

Checksums read_checksums(const Napi::Object& given) {
  Checksums checksums;
  if (!given.Has("sha512")) return checksums;
  const Napi::Object hashes = object(given, "sha512");
  for (const std::string& path : keys(hashes)) checksums[path] = text(hashes, path.c_str());
  return checksums;
}

CompileOptions read_compile_options(const Napi::Object& given) {
  CompileOptions options;
  options.device = text(given, "device");
  options.precision = text(given, "precision");
  options.cache_dir = text(given, "cacheDir");
  options.mode = text(given, "mode") == "latency" ? PerformanceMode::latency : PerformanceMode::throughput;
  options.threads = integer(given, "threads");
  options.requests = integer(given, "requests");
  options.checksums = read_checksums(given);
  return options;
}

InputSpec read_input(const Napi::Object& given) {
  InputSpec input;
  input.width = integer(given, "width");
  input.height = integer(given, "height");
  input.color = text(given, "color") == "rgb" ? ColorOrder::rgb : ColorOrder::bgr;
  input.mean = channels(given, "mean");
  input.scale = channels(given, "scale");
  input.batch = integer(given, "batch");
  input.name = text(given, "name");
  input.layout = text(given, "layout");
  return input;
}

ResizeRule read_resize(const Napi::Object& given) {
  const std::string rule = text(given, "resize");
  if (rule == "letterbox-top-left") return ResizeRule::letterbox_top_left;
  if (rule == "letterbox-centre") return ResizeRule::letterbox_centre;
  if (rule == "stretch") return ResizeRule::stretch;
  throw Napi::Error::New(given.Env(), "no whole picture is resized by the rule " + rule);
}

/** Output names in the order of the decoder's roles; a role without one is found by the estimator. */
std::vector<std::string> read_outputs(const Napi::Object& given, const DecoderOptions& decode) {
  const Napi::Object names = object(given, "outputs");
  std::vector<std::string> outputs;
  for (const TensorRole& role : make_decoder(decode)->roles()) {
    outputs.push_back(names.Has(role.name) ? text(names, role.name) : std::string());
  }
  return outputs;
}

BottomUpOptions read_bottom_up(const Napi::Object& given) {
  BottomUpOptions options;
  options.decode = read_decoder_options(given.Env(), text(given, "family"), object(given, "decode"));
  options.outputs = read_outputs(given, options.decode);
  options.resize = read_resize(object(given, "input"));
  options.pad = static_cast<uint8_t>(integer(object(given, "input"), "pad"));
  options.interpolation =
      text(given, "interpolation") == "cubic" ? Interpolation::cubic : Interpolation::linear;
  return options;
}

DetectorKind read_detector_kind(const std::string& kind) {
  if (kind == "yolo") return DetectorKind::yolo;
  return kind == "blazepose" ? DetectorKind::blazepose : DetectorKind::ssd;
}

YoloScores read_yolo_scores(const std::string& scores) {
  if (scores == "classes") return YoloScores::classes;
  return scores == "objectness" ? YoloScores::objectness : YoloScores::by_shape;
}

TopDownOptions read_top_down(const Napi::Object& given) {
  TopDownOptions options;
  options.decode = read_decoder_options(given.Env(), text(given, "family"), object(given, "decode"));
  options.outputs = read_outputs(given, options.decode);
  options.box_scale = number(given, "boxScale");
  options.detector_interval = integer(given, "detectorInterval");
  options.keypoint_threshold = number(given, "keypointThreshold");
  options.max_people = integer(given, "maxPeople");
  const Napi::Object detector = object(given, "detector");
  options.detector.kind = read_detector_kind(text(detector, "kind"));
  options.detector.resize = read_resize(object(detector, "input"));
  options.detector.pad = static_cast<uint8_t>(integer(object(detector, "input"), "pad"));
  options.detector.yolo_scores = read_yolo_scores(text(detector, "yoloScores"));
  options.detector.score_threshold = number(detector, "scoreThreshold");
  options.detector.iou_threshold = number(detector, "iouThreshold");
  options.detector.person_label = integer(detector, "personLabel");
  options.detector.boxes = text(detector, "boxes");
  options.detector.labels = text(detector, "labels");
  return options;
}

BlazePoseOptions read_blazepose(const Napi::Object& given) {
  BlazePoseOptions options;
  options.tracking.max_people = integer(given, "maxPeople");
  options.tracking.smooth = flag(given, "smooth");
  options.tracking.static_image = flag(given, "staticImage");
  return options;
}

struct MakeEstimator {
  Engine& engine;
  const SessionOptions& options;
  OpenedSession& opened;

  std::unique_ptr<CompiledModel> compile_network(const CompileOptions& compile) const {
    std::unique_ptr<CompiledModel> network =
        engine.compile(options.network.path, options.network.input, compile);
    opened.network = network.get();
    return network;
  }
  std::unique_ptr<CompiledModel> compile_detector() const {
    return engine.compile(options.detector.path, options.detector.input, options.compile);
  }

  std::unique_ptr<Estimator> operator()(const BottomUpOptions& bottom_up) const {
    return make_bottom_up_estimator(compile_network(options.compile), bottom_up);
  }
  std::unique_ptr<Estimator> operator()(const TopDownOptions& top_down) const {
    std::unique_ptr<CompiledModel> detector = compile_detector();
    return make_top_down_estimator(std::move(detector), compile_network(options.compile), top_down);
  }
  std::unique_ptr<Estimator> operator()(const BlazePoseOptions& blazepose) const {
    std::unique_ptr<CompiledModel> detector = compile_detector();
    CompileOptions compile = options.compile;
    compile.kept_outputs = blazepose_landmark_outputs();
    return make_blazepose_estimator(std::move(detector), compile_network(compile), blazepose);
  }
};

}  // namespace

SessionOptions read_session_options(const Napi::Object& given) {
  SessionOptions options;
  options.compile = read_compile_options(given);
  options.network.path = text(given, "model");
  const std::string family = text(given, "family");
  if (family == "blazepose") {
    options.network.input = blazepose_landmark_input();
    options.detector = {text(given, "detector"), blazepose_detector_input()};
    options.keypoints = static_cast<int>(kBlazePoseKeypoints);
    options.estimator = read_blazepose(given);
    return options;
  }
  options.keypoints = integer(given, "keypoints");
  options.network.input = read_input(object(given, "input"));
  if (family == "heatmap" || family == "simcc") {
    const Napi::Object detector = object(given, "detector");
    options.detector = {text(detector, "model"), read_input(object(detector, "input"))};
    options.estimator = read_top_down(given);
  } else {
    options.estimator = read_bottom_up(given);
  }
  return options;
}

OpenedSession open_session(Engine& engine, const SessionOptions& options) {
  OpenedSession opened;
  opened.engine_version = engine.version();
  opened.estimator = std::visit(MakeEstimator{engine, options, opened}, options.estimator);
  const int found = opened.estimator->keypoint_count();
  if (found != options.keypoints) {
    throw EngineError("MODEL_SHAPE_MISMATCH",
                      options.network.path + ": the network gives " + std::to_string(found) +
                          " keypoints a person, its skeleton has " + std::to_string(options.keypoints));
  }
  return opened;
}

}  // namespace pose::addon
