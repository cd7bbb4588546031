#pragma once

#include <string>

#include "plan_builder.h"

namespace pose {

/** Name of a plan's file in the cache: a hash of everything that makes one plan another. Models are whole in
 * one file: parse_onnx() refuses those that keep their weights beside it. */
std::string plan_name(const PlanRequest& request);

/** Name of the file of measured times, which all plans of one device and version share. */
std::string timing_cache_name(const GpuDevice& device);

/** Bytes that the builder may take for working memory: part of the key. */
size_t builder_workspace(const GpuDevice& device);

}  // namespace pose
