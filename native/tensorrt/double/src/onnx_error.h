#pragma once

#include <NvOnnxParser.h>

#include <stdexcept>
#include <string>

namespace sdk_double {

/** Why a model is not taken. */
class OnnxError : public std::runtime_error {
 public:
  OnnxError(nvonnxparser::ErrorCode code, const std::string& what) : std::runtime_error(what), code_(code) {}

  nvonnxparser::ErrorCode code() const { return code_; }

 private:
  nvonnxparser::ErrorCode code_;
};

}  // namespace sdk_double
