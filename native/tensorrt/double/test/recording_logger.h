#pragma once

#include <NvInferRuntime.h>

#include <mutex>
#include <string>
#include <vector>

namespace sdk_double::test {

/** Keeps what TensorRT says. */
class RecordingLogger : public nvinfer1::ILogger {
 public:
  void log(Severity severity, const char* message) noexcept override {
    const std::lock_guard<std::mutex> lock(mutex_);
    (severity == Severity::kERROR ? errors_ : others_).emplace_back(message);
  }
  std::string errors() { return joined(errors_); }
  std::string others() { return joined(others_); }

 private:
  std::string joined(const std::vector<std::string>& lines) {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
  }

  std::mutex mutex_;
  std::vector<std::string> errors_;
  std::vector<std::string> others_;
};

}  // namespace sdk_double::test
