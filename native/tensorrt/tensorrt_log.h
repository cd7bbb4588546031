#pragma once

#include <NvInferRuntime.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <string>

#include "pose/engine.h"

namespace pose {

/** What TensorRT says. Its errors are kept for the message of the failure that follows; the rest is dropped,
 * except that lines of the builder are counted, by which versions before 10 show how far they are. */
class TensorRtLog : public nvinfer1::ILogger {
 public:
  void log(Severity severity, const char* message) noexcept override;

  /** The newest errors since the last call, oldest first, joined; "" where there was none. */
  std::string take_errors();
  /** Layers whose implementations the builder has timed, in this process. */
  int timed_layers() const { return timed_layers_; }

 private:
  std::mutex mutex_;
  std::deque<std::string> errors_;
  std::atomic<int> timed_layers_{0};
};

/** The only one of this process: TensorRT keeps the first logger that it is given for everything. */
TensorRtLog& tensorrt_log();

/** A line on stderr about what is no error; whoever runs the process passes that on to a log. */
void remark(const std::string& text);

/** "what: TensorRT's own words", under ENGINE_OUT_OF_MEMORY where these say so, else under `code`. */
EngineError tensorrt_error(const std::string& code, const std::string& what);

}  // namespace pose
