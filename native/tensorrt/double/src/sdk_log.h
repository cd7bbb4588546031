#pragma once

#include <NvInferRuntime.h>

#include <string>

namespace sdk_double {

/** Whether there is a GPU and a driver; else says to the logger why nothing is created. */
bool require_gpu(nvinfer1::ILogger& logger, const std::string& call);

void log_error(nvinfer1::ILogger& logger, const std::string& text);
void log_verbose(nvinfer1::ILogger& logger, const std::string& text);

}  // namespace sdk_double
