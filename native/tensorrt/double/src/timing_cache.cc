#include "timing_cache.h"

#include <exception>

#include "host_memory.h"
#include "sealed_bytes.h"

namespace sdk_double {
namespace {

constexpr std::string_view kMark = "TensorRT double's timings\n";

}  // namespace

std::unique_ptr<TimingCache> TimingCache::read(std::string_view bytes) {
  auto cache = std::make_unique<TimingCache>();
  if (bytes.empty()) return cache;
  try {
    ByteReader reader(unseal(kMark, bytes));
    cache->platform_ = take_platform(reader);
    while (!reader.is_at_end()) cache->layers_.insert(reader.take_text());
    return cache;
  } catch (const std::exception&) {
    return nullptr;
  }
}

nvinfer1::IHostMemory* TimingCache::serialize() const noexcept {
  ByteWriter writer;
  put_platform(writer, platform_);
  for (const std::string& layer : layers_) writer.put_text(layer);
  return new HostMemory(seal(kMark, writer.bytes()));
}

}  // namespace sdk_double
