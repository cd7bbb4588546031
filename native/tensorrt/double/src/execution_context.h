#pragma once

#include <NvInferRuntime.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "engine.h"
#include "live_objects.h"

namespace sdk_double {

class ExecutionContext : public nvinfer1::IExecutionContext {
 public:
  explicit ExecutionContext(Engine& engine);
  ~ExecutionContext() noexcept override;

  bool setInputShape(char const* name, nvinfer1::Dims const& dims) noexcept override;
  bool setTensorAddress(char const* name, void* data) noexcept override;
  bool enqueueV3(cudaStream_t stream) noexcept override;

 private:
  /** What queued and captured work keeps of the context: it outlives it, so that its use then shows. */
  struct Life {
    std::atomic<bool> is_over{false};
    std::atomic<int> inferences{0};  ///< queued or running; of graphs, running
  };
  using Addresses = std::map<std::string, void*>;

  bool fail(const std::string& why) const;
  static void run(const Engine& engine, const Addresses& addresses);

  Engine& engine_;
  Addresses addresses_;
  /** TensorRT settles what a first inference needs when it is enqueued, which no graph can repeat. */
  bool has_run_ = false;
  std::shared_ptr<Life> life_ = std::make_shared<Life>();
  Alive<&LiveObjects::contexts> alive_;
};

}  // namespace sdk_double
