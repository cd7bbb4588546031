#pragma once

#include <NvInfer.h>

#include "builder_config.h"
#include "network.h"

namespace sdk_double {

/** The long part of a build: takes the time that the options say, spread over the layers, and tells of each
 * as TensorRT does: by the progress monitor from version 10 on, before that by the log. Both are called from
 * a thread of the builder. False where the monitor cancelled the build. */
bool time_layers(const Network& network, const BuilderConfig& config, nvinfer1::ILogger& logger);

}  // namespace sdk_double
