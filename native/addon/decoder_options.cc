#include "decoder_options.h"

#include <array>

#include "read_object.h"

namespace pose::addon {
namespace {

constexpr uint32_t kMostLinks = 1024;
/** A channel or a keypoint. */
constexpr int kGreatestPart = 1 << 16;

OpenPoseOptions read_openpose(const Napi::Object& given) {
  OpenPoseOptions options;
  options.peak_threshold = number(given, "peakThreshold");
  options.limb_ratio =
      choice<LimbRatio>(given, "limbRatio", {{"all", LimbRatio::all}, {"most", LimbRatio::most}});
  return options;
}

AssociativeEmbeddingOptions read_associative_embedding(const Napi::Object& given) {
  AssociativeEmbeddingOptions options;
  options.peaks = choice<AssociativePeaks>(
      given, "peaks", {{"suppressed", AssociativePeaks::suppressed}, {"plain", AssociativePeaks::plain}});
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
  options.refine = choice<HeatmapRefine>(given, "refine",
                                         {{"quarter", HeatmapRefine::quarter},
                                          {"dark", HeatmapRefine::dark},
                                          {"dark-udp", HeatmapRefine::dark_udp},
                                          {"alphapose", HeatmapRefine::alphapose}});
  options.stride = integer(given, "stride");
  options.blur_kernel = integer(given, "blurKernel");
  return options;
}

SimccOptions read_simcc(const Napi::Object& given) {
  SimccOptions options;
  options.score = choice<SimccScore>(given, "score", {{"min", SimccScore::min}, {"mean", SimccScore::mean}});
  options.split_ratio = number(given, "splitRatio");
  return options;
}

TrtPoseOptions read_trt_pose(const Napi::Object& given) {
  TrtPoseOptions options;
  const GivenArray links = to_array(given.Get("links"), "links", kMostLinks);
  for (uint32_t i = 0; i < links.length; ++i) {
    const Napi::Value link = links.values.Get(i);
    const GivenArray parts = to_array(link, "links", 4);
    if (parts.length != 4) refuse_range(link, "links", "four values a link");
    std::array<int, 4> part{};
    for (uint32_t at = 0; at < 4; ++at) {
      part[at] = static_cast<int>(to_integer(parts.values.Get(at), "links", 0, kGreatestPart));
    }
    options.links.push_back({part[0], part[1], part[2], part[3]});
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
  throw Napi::RangeError::New(env, "no decoder is called " + family);
}

}  // namespace pose::addon
