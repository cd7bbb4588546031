#include "tensorrt_log.h"

#include <cstdio>
#include <cstring>

namespace pose {
namespace {

constexpr size_t kKeptErrors = 3;

bool speaks_of_memory(const std::string& text) {
  for (const char* words :
       {"out of memory", "OutOfMemory", "OUT_OF_MEMORY", "insufficient memory", "could not be allocated"}) {
    if (text.find(words) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

void TensorRtLog::log(Severity severity, const char* message) noexcept {
  try {
    if (severity == Severity::kVERBOSE) {
      if (std::strstr(message, "Computing costs for") != nullptr) ++timed_layers_;
      return;
    }
    if (severity != Severity::kERROR && severity != Severity::kINTERNAL_ERROR) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (errors_.size() == kKeptErrors) errors_.pop_front();
    errors_.emplace_back(message);
  } catch (...) {
    // Without memory for a message there is none.
  }
}

std::string TensorRtLog::take_errors() {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::string joined;
  for (const std::string& error : errors_) joined += (joined.empty() ? "" : "; ") + error;
  errors_.clear();
  return joined;
}

TensorRtLog& tensorrt_log() {
  // Never destroyed: TensorRT may still write to it while the process ends.
  static auto* log = new TensorRtLog();
  return *log;
}

void remark(const std::string& text) { std::fprintf(stderr, "TensorRT: %s\n", text.c_str()); }

EngineError tensorrt_error(const std::string& code, const std::string& what) {
  const std::string words = tensorrt_log().take_errors();
  return EngineError(speaks_of_memory(words) ? "ENGINE_OUT_OF_MEMORY" : code,
                     what + (words.empty() ? "" : ": " + words));
}

}  // namespace pose
