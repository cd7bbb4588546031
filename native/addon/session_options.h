#pragma once

#include <napi.h>

#include <memory>
#include <string>

#include "pose/blazepose_estimator.h"
#include "pose/openpose_estimator.h"

namespace pose::addon {

/** What open() was asked for, as plain data, so that other threads can read it. Validated in TypeScript. */
struct SessionOptions {
  std::string family;    ///< "openpose" | "blazepose"
  std::string model;     ///< main network's file
  std::string detector;  ///< BlazePose's person detector
  InputSpec input;       ///< of an OpenPose network
  CompileOptions compile;
  OpenPoseEstimatorOptions openpose;
  BlazePoseOptions blazepose;
};

SessionOptions read_session_options(const Napi::Object& given);

/** An opened model: the estimator, and what is told about it. */
struct OpenedSession {
  std::shared_ptr<Estimator> estimator;
  CompiledModel* network = nullptr;  ///< the main network, owned by the estimator
  std::string engine_version;
};

OpenedSession open_session(Engine& engine, const SessionOptions& options);

}  // namespace pose::addon
