#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <variant>

#include "pose/blazepose_estimator.h"
#include "pose/bottom_up_estimator.h"
#include "pose/top_down_estimator.h"

namespace pose::addon {

/** A network's file, and how pictures become its input. */
struct NetworkFile {
  std::string path;
  InputSpec input;
};

/** What open() was asked for, as plain data, so that other threads can read it. Validated in TypeScript. */
struct SessionOptions {
  NetworkFile network;   ///< the one that finds keypoints
  NetworkFile detector;  ///< the one that finds people, of families that have two
  CompileOptions compile;
  int keypoints = 0;  ///< a person of the model's skeleton
  std::variant<BottomUpOptions, TopDownOptions, BlazePoseOptions> estimator;
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
