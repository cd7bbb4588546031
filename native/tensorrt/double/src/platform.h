#pragma once

#include <NvInferVersion.h>

#include <string>

#include "byte_stream.h"
#include "sdk_double.h"

namespace sdk_double {

/** What a plan and a timing cache are bound to. */
struct Platform {
  int64_t version = 0;  ///< of TensorRT
  std::string gpu;
  int64_t compute_major = 0;
  int64_t compute_minor = 0;
};

inline Platform this_platform() {
  const Options current = options();
  return {NV_TENSORRT_VERSION, current.gpu_name, current.compute_major, current.compute_minor};
}

inline void put_platform(ByteWriter& writer, const Platform& platform) {
  writer.put_number(platform.version);
  writer.put_text(platform.gpu);
  writer.put_number(platform.compute_major);
  writer.put_number(platform.compute_minor);
}

inline Platform take_platform(ByteReader& reader) {
  Platform platform;
  platform.version = reader.take_number();
  platform.gpu = reader.take_text();
  platform.compute_major = reader.take_number();
  platform.compute_minor = reader.take_number();
  return platform;
}

/** Why something of `other` is of no use here; "" where it is. */
inline std::string find_mismatch(const Platform& other) {
  const Platform here = this_platform();
  if (other.version != here.version)
    return "made by another version of TensorRT, " + std::to_string(other.version);
  const bool is_same_gpu = other.gpu == here.gpu && other.compute_major == here.compute_major &&
                           other.compute_minor == here.compute_minor;
  return is_same_gpu ? "" : "made for another GPU, " + other.gpu;
}

}  // namespace sdk_double
