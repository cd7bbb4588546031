#include "decoder_options.h"

#include "read_object.h"

namespace pose::addon {
namespace {

OpenPoseOptions read_openpose(const Napi::Object& given) {
  OpenPoseOptions options;
  options.peak_threshold = number(given, "peakThreshold");
  options.limb_ratio = text(given, "limbRatio") == "most" ? LimbRatio::most : LimbRatio::all;
  return options;
}

AssociativeEmbeddingOptions read_associative_embedding(const Napi::Object& given) {
  AssociativeEmbeddingOptions options;
  options.peaks = text(given, "peaks") == "plain" ? AssociativePeaks::plain : AssociativePeaks::suppressed;
  options.peak_threshold = number(given, "peakThreshold");
  options.tag_threshold = number(given, "tagThreshold");
  options.score_threshold = number(given, "scoreThreshold");
  options.delta = number(given, "delta");
  options.stride = integer(given, "stride");
  options.max_people = integer(given, "maxPeople");
  return options;
}

HeatmapOptions read_heatmap(const Napi::Object& given) {
  HeatmapOptions options;
  const std::string refine = text(given, "refine");
  options.refine = refine == "dark"        ? HeatmapRefine::dark
                   : refine == "dark-udp"  ? HeatmapRefine::dark_udp
                   : refine == "alphapose" ? HeatmapRefine::alphapose
                                           : HeatmapRefine::quarter;
  options.stride = integer(given, "stride");
  options.blur_kernel = integer(given, "blurKernel");
  return options;
}

SimccOptions read_simcc(const Napi::Object& given) {
  SimccOptions options;
  options.score = text(given, "score") == "mean" ? SimccScore::mean : SimccScore::min;
  options.split_ratio = number(given, "splitRatio");
  return options;
}

TrtPoseOptions read_trt_pose(const Napi::Object& given) {
  TrtPoseOptions options;
  const auto links = given.Get("links").As<Napi::Array>();
  for (uint32_t i = 0; i < links.Length(); ++i) {
    const auto link = links.Get(i).As<Napi::Array>();
    const auto part = [&link](uint32_t at) { return link.Get(at).As<Napi::Number>().Int32Value(); };
    options.links.push_back({part(0), part(1), part(2), part(3)});
  }
  options.peak_threshold = number(given, "peakThreshold");
  options.link_threshold = number(given, "linkThreshold");
  options.max_people = integer(given, "maxPeople");
  options.window = integer(given, "window");
  options.stride = integer(given, "stride");
  return options;
}

}  // namespace

DecoderOptions read_decoder_options(Napi::Env env, const std::string& family, const Napi::Object& given) {
  if (family == "openpose") return read_openpose(given);
  if (family == "associative-embedding") return read_associative_embedding(given);
  if (family == "heatmap") return read_heatmap(given);
  if (family == "simcc") return read_simcc(given);
  if (family == "trt-pose") return read_trt_pose(given);
  throw Napi::Error::New(env, "no decoder is called " + family);
}

}  // namespace pose::addon
