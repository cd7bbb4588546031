#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "cuda_resources.h"
#include "pose/engine.h"
#include "tensorrt_model.h"

namespace pose {

/** An execution context with buffers, a stream and a thread of its own. All that one inference does on the
 * device (preprocessing, network, copies of the outputs where the memory is not shared) is captured once as a
 * CUDA graph, so that a frame costs one launch; where the capture fails the same is queued step by step. */
class TensorRtRequest : public InferRequest {
 public:
  /** Runs once on an empty picture, so that the first frame is as quick as the others. Throws EngineError. */
  explicit TensorRtRequest(std::shared_ptr<LoadedPlan> loaded);
  ~TensorRtRequest() override;

  uint8_t* input() override;
  /** Linear interpolation, batches of one picture. */
  bool load(const ImageView& image, const Letterbox& letterbox, Interpolation interpolation) override;
  void infer() override;
  void start(Done done) override;
  TensorView output(size_t index) const override { return views_.at(index); }

  /** Whether a frame is one launch. */
  bool is_captured() const { return static_cast<bool>(graph_); }

 private:
  struct Output {
    DeviceMemory device;  ///< where the host's memory is not the device's
    MappedMemory host;
    std::vector<float> floats;  ///< where the elements are none
    size_t bytes = 0;
  };

  PreprocessJob& job() { return *job_.host<PreprocessJob>(); }
  void bind_outputs();
  /** Queues what an inference does. */
  void enqueue();
  void capture();
  /** Queues an inference and the event that ends it. */
  void launch();
  /** Waits for that event. */
  void complete();
  /** Body of the thread that waits for inferences and tells of them. */
  void wait_for_inferences();

  std::shared_ptr<LoadedPlan> loaded_;  // first: everything else refers to it
  std::unique_ptr<nvinfer1::IExecutionContext> context_;
  CudaStream stream_;
  CudaEvent finished_;
  MappedMemory job_;
  DeviceMemory device_job_;  ///< a copy at each inference, for every thread of the kernel reads it
  MappedMemory pictures_;    ///< batch x height x width x 3, for input()
  MappedMemory picture_;     ///< for load(); grows
  DeviceMemory tensor_;      ///< the network's input
  std::vector<Output> outputs_;
  std::vector<TensorView> views_;
  CudaGraphExec graph_;

  std::mutex mutex_;
  std::condition_variable changed_;
  Done done_;  ///< of the inference under way
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace pose
