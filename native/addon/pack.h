#pragma once

#include <napi.h>

#include <algorithm>
#include <vector>

#include "pose/estimator.h"

namespace pose::addon {

/** Instances as one flat array, since a typed array crosses into JavaScript at the price of one object:
 *  [wait_ms, preprocess_ms, infer_ms, decode_ms, detect_ms, person_ms, people, keypoints a person], then a
 * person [score, raw score, track id or -1, (x, y, score) a keypoint], NaN where a keypoint is absent.
 *  src/pose/packed-instances.ts reads it. */
inline std::vector<float> pack(const Instances& instances, const Timings& timings = {}) {
  std::vector<float> packed;
  const size_t keypoints = static_cast<size_t>(instances.keypoint_count);
  packed.reserve(8 + instances.size() * (3 + 3 * keypoints));
  packed.insert(packed.end(), {timings.wait_ms, timings.preprocess_ms, timings.infer_ms, timings.decode_ms,
                               timings.detect_ms, timings.person_ms, static_cast<float>(instances.size()),
                               static_cast<float>(keypoints)});
  for (size_t i = 0; i < instances.size(); ++i) {
    const Instances::Header& header = instances.headers[i];
    packed.insert(packed.end(), {header.score, header.raw_score, static_cast<float>(header.track_id)});
    const Keypoint* first = instances.keypoints_of(i);
    for (size_t k = 0; k < keypoints; ++k)
      packed.insert(packed.end(), {first[k].x, first[k].y, first[k].score});
  }
  return packed;
}

inline Napi::Float32Array to_js(Napi::Env env, const std::vector<float>& values) {
  Napi::Float32Array array = Napi::Float32Array::New(env, values.size());
  std::copy(values.begin(), values.end(), array.Data());
  return array;
}

/** A JavaScript Error with a `code` of the registry in src/errors.ts. */
inline Napi::Error to_js_error(Napi::Env env, const std::string& code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Value().Set("code", code);
  return error;
}

}  // namespace pose::addon
