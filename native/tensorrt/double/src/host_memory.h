#pragma once

#include <NvInferRuntime.h>

#include <utility>
#include <vector>

#include "live_objects.h"

namespace sdk_double {

class HostMemory : public nvinfer1::IHostMemory {
 public:
  explicit HostMemory(std::vector<char> bytes) : bytes_(std::move(bytes)) {}

  void* data() const noexcept override { return const_cast<char*>(bytes_.data()); }
  std::size_t size() const noexcept override { return bytes_.size(); }
  nvinfer1::DataType type() const noexcept override { return nvinfer1::DataType::kINT8; }

 private:
  std::vector<char> bytes_;
  Alive<&LiveObjects::host_memories> alive_;
};

}  // namespace sdk_double
