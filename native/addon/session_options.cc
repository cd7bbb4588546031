#include "session_options.h"

#include "decoder_options.h"
#include "read_object.h"

namespace pose::addon {
namespace {

constexpr int kMostThreads = 1024;
constexpr int kMostRequests = 1024;
constexpr int kLongestSide = 16384;  ///< of a network's input, px
constexpr int kLargestBatch = 1024;
constexpr int kMostKeypoints = 1024;

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
  options.mode = choice<PerformanceMode>(
      given, "mode", {{"latency", PerformanceMode::latency}, {"throughput", PerformanceMode::throughput}});
  options.threads = integer(given, "threads", 0, kMostThreads);
  options.requests = integer(given, "requests", 0, kMostRequests);
  options.checksums = read_checksums(given);
  return options;
}

InputSpec read_input(const Napi::Object& given) {
  InputSpec input;
  input.width = integer(given, "width", 1, kLongestSide);
  input.height = integer(given, "height", 1, kLongestSide);
  input.color = choice<ColorOrder>(given, "color", {{"bgr", ColorOrder::bgr}, {"rgb", ColorOrder::rgb}});
  input.mean = channels(given, "mean");
  input.scale = channels(given, "scale");
  for (const float scale : input.scale) {
    if (scale == 0.0F) refuse_range(given, "scale", "no value of 0");
  }
  input.batch = integer(given, "batch", 1, kLargestBatch);
  input.name = text(given, "name");
  input.layout = text(given, "layout");
  return input;
}

ResizeRule read_resize(const Napi::Object& given) {
  return choice<ResizeRule>(given, "resize",
                            {{"letterbox-top-left", ResizeRule::letterbox_top_left},
                             {"letterbox-centre", ResizeRule::letterbox_centre},
                             {"stretch", ResizeRule::stretch}});
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

BottomUpOptions read_bottom_up(const std::string& family, const Napi::Object& given) {
  BottomUpOptions options;
  options.decode = read_decoder_options(given.Env(), family, object(given, "decode"));
  options.outputs = read_outputs(given, options.decode);
  options.resize = read_resize(object(given, "input"));
  options.pad = static_cast<uint8_t>(integer(object(given, "input"), "pad", 0, 255));
  options.interpolation = choice<Interpolation>(
      given, "interpolation", {{"linear", Interpolation::linear}, {"cubic", Interpolation::cubic}});
  return options;
}

DetectorKind read_detector_kind(const Napi::Object& given) {
  return choice<DetectorKind>(
      given, "kind",
      {{"ssd", DetectorKind::ssd}, {"yolo", DetectorKind::yolo}, {"blazepose", DetectorKind::blazepose}});
}

YoloScores read_yolo_scores(const Napi::Object& given) {
  return choice<YoloScores>(
      given, "yoloScores",
      {{"", YoloScores::by_shape}, {"classes", YoloScores::classes}, {"objectness", YoloScores::objectness}});
}

TopDownOptions read_top_down(const std::string& family, const Napi::Object& given) {
  TopDownOptions options;
  options.decode = read_decoder_options(given.Env(), family, object(given, "decode"));
  options.outputs = read_outputs(given, options.decode);
  options.box_scale = number(given, "boxScale");
  options.detector_interval = integer(given, "detectorInterval");
  options.keypoint_threshold = number(given, "keypointThreshold");
  options.max_people = integer(given, "maxPeople");
  const Napi::Object detector = object(given, "detector");
  options.detector.kind = read_detector_kind(detector);
  options.detector.resize = read_resize(object(detector, "input"));
  options.detector.pad = static_cast<uint8_t>(integer(object(detector, "input"), "pad", 0, 255));
  options.detector.yolo_scores = read_yolo_scores(detector);
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
  options.keypoints = integer(given, "keypoints", 1, kMostKeypoints);
  options.network.input = read_input(object(given, "input"));
  if (family == "heatmap" || family == "simcc") {
    const Napi::Object detector = object(given, "detector");
    options.detector = {text(detector, "model"), read_input(object(detector, "input"))};
    options.estimator = read_top_down(family, given);
  } else {
    options.estimator = read_bottom_up(family, given);
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
