#include "sdk_log.h"

#include "cuda_error.h"

namespace sdk_double {

bool require_gpu(nvinfer1::ILogger& logger, const std::string& call) {
  const cudaError_t error = find_unusable();
  if (error == cudaSuccess) return true;
  log_error(logger, call + ": CUDA failed: " + cudaGetErrorString(error));
  return false;
}

void log_error(nvinfer1::ILogger& logger, const std::string& text) {
  logger.log(nvinfer1::ILogger::Severity::kERROR, text.c_str());
}

void log_verbose(nvinfer1::ILogger& logger, const std::string& text) {
  logger.log(nvinfer1::ILogger::Severity::kVERBOSE, text.c_str());
}

}  // namespace sdk_double
