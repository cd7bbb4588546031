#include "tensorrt_request.h"

#include <cstring>
#include <utility>

#include "output_reader.h"
#include "pose/letterbox.h"
#include "preprocess_job.h"
#include "preprocess_launch.h"
#include "tensorrt_log.h"

namespace pose {

TensorRtRequest::TensorRtRequest(std::shared_ptr<LoadedPlan> loaded) : loaded_(std::move(loaded)) {
  const InputSpec& input = loaded_->input;
  use_gpu_device(loaded_->device);
  context_.reset(loaded_->engine->createExecutionContext());
  if (!context_) throw tensorrt_error("ENGINE_FAILED", "TensorRT makes no execution context");
  stream_ = make_stream();
  finished_ = make_event();
  const size_t bytes = static_cast<size_t>(input.batch) * input_picture_bytes(input);
  job_ = MappedMemory(sizeof(PreprocessJob));
  device_job_ = DeviceMemory(sizeof(PreprocessJob));
  pictures_ = MappedMemory(bytes);
  std::memset(pictures_.host(), 0, bytes);
  job() = ready_made_job(input, pictures_.device());
  tensor_ = DeviceMemory(bytes * sizeof(float));
  if (!context_->setTensorAddress(loaded_->input_name.c_str(), tensor_.device())) {
    throw tensorrt_error("ENGINE_FAILED", "TensorRT does not take the input's memory");
  }
  bind_outputs();
  // The first inference prepares what a capture must not.
  enqueue();
  check_cuda(cudaStreamSynchronize(stream_.get()), "running the first inference");
  capture();
  thread_ = std::thread([this] { wait_for_inferences(); });
}

TensorRtRequest::~TensorRtRequest() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  static_cast<void>(cudaSetDevice(loaded_->device.index));
  static_cast<void>(cudaStreamSynchronize(stream_.get()));
}

void TensorRtRequest::bind_outputs() {
  for (size_t i = 0; i < loaded_->outputs.size(); ++i) {
    const PlanOutput& plan = loaded_->outputs[i];
    const auto elements = static_cast<size_t>(plan.elements);
    Output output;
    output.bytes = elements * element_bytes(plan.type);
    output.host = MappedMemory(output.bytes);
    if (!loaded_->device.integrated) output.device = DeviceMemory(output.bytes);
    if (plan.type != nvinfer1::DataType::kFLOAT) output.floats.resize(elements);
    void* address = loaded_->device.integrated ? output.host.device() : output.device.device();
    const OutputInfo& info = loaded_->infos[i];
    if (!context_->setTensorAddress(info.name.c_str(), address)) {
      throw tensorrt_error("ENGINE_FAILED", "TensorRT does not take the memory of output " + info.name);
    }
    views_.push_back({output.floats.empty() ? output.host.host<float>() : output.floats.data(), info.shape});
    outputs_.push_back(std::move(output));
  }
}

void TensorRtRequest::enqueue() {
  check_cuda(cudaMemcpyAsync(device_job_.device(), job_.host(), sizeof(PreprocessJob), cudaMemcpyHostToDevice,
                             stream_.get()),
             "copying what a picture is");
  check_cuda(launch_preprocess(static_cast<const PreprocessJob*>(device_job_.device()), loaded_->target,
                               static_cast<float*>(tensor_.device()), stream_.get()),
             "preprocessing a picture");
  if (!context_->enqueueV3(stream_.get())) {
    throw tensorrt_error("ENGINE_FAILED", "TensorRT could not run the network");
  }
  if (loaded_->device.integrated) return;
  for (const Output& output : outputs_) {
    check_cuda(cudaMemcpyAsync(output.host.host(), output.device.device(), output.bytes,
                               cudaMemcpyDeviceToHost, stream_.get()),
               "copying an output");
  }
}

void TensorRtRequest::capture() {
  cudaGraph_t recorded = nullptr;
  cudaGraphExec_t ready = nullptr;
  try {
    check_cuda(cudaStreamBeginCapture(stream_.get(), cudaStreamCaptureModeThreadLocal),
               "beginning a capture");
    try {
      enqueue();
    } catch (const EngineError&) {
      // A stream that is left capturing could not be used any more.
      static_cast<void>(cudaStreamEndCapture(stream_.get(), &recorded));
      const CudaGraph broken(recorded);
      throw;
    }
    check_cuda(cudaStreamEndCapture(stream_.get(), &recorded), "ending a capture");
    const CudaGraph graph(recorded);
    check_cuda(cudaGraphInstantiateWithFlags(&ready, graph.get(), 0), "making a graph");
    graph_ = CudaGraphExec(ready);
  } catch (const EngineError& error) {
    cudaGetLastError();
    remark(std::string("frames are queued step by step, for no graph could be captured: ") + error.what());
  }
}

uint8_t* TensorRtRequest::input() {
  job() = ready_made_job(loaded_->input, pictures_.device());
  return pictures_.host<uint8_t>();
}

bool TensorRtRequest::load(const ImageView& image, const Letterbox& letterbox, Interpolation interpolation) {
  if (interpolation != Interpolation::linear || loaded_->input.batch != 1) return false;
  if (image.data == nullptr || image.width != letterbox.image_width ||
      image.height != letterbox.image_height) {
    return false;  // resize_letterbox() says what is wrong
  }
  const size_t row = static_cast<size_t>(image.width) * 3;
  const size_t bytes = row * static_cast<size_t>(image.height);
  if (picture_.bytes() < bytes) {
    use_gpu_device(loaded_->device);
    picture_ = MappedMemory();  // both at once may not fit
    picture_ = MappedMemory(bytes);
  }
  uint8_t* target = picture_.host<uint8_t>();
  if (image.stride == static_cast<ptrdiff_t>(row)) {
    std::memcpy(target, image.data, bytes);
  } else {
    for (int y = 0; y < image.height; ++y) {
      std::memcpy(target + static_cast<size_t>(y) * row, image.data + y * image.stride, row);
    }
  }
  job() = fitted_job(letterbox, picture_.device(), static_cast<long long>(row),
                     loaded_->input.color == ColorOrder::rgb);
  return true;
}

void TensorRtRequest::launch() {
  use_gpu_device(loaded_->device);
  if (graph_) {
    check_cuda(cudaGraphLaunch(graph_.get(), stream_.get()), "launching an inference");
  } else {
    enqueue();
  }
  check_cuda(cudaEventRecord(finished_.get(), stream_.get()), "marking the end of an inference");
}

void TensorRtRequest::complete() {
  check_cuda(cudaEventSynchronize(finished_.get()), "waiting for an inference");
  for (size_t i = 0; i < outputs_.size(); ++i) {
    Output& output = outputs_[i];
    if (output.floats.empty()) continue;
    read_as_floats(loaded_->outputs[i].type, output.host.host(), output.floats.size(), output.floats.data());
  }
}

void TensorRtRequest::infer() {
  launch();
  complete();
}

void TensorRtRequest::start(Done done) {
  launch();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    done_ = std::move(done);
  }
  changed_.notify_all();
}

void TensorRtRequest::wait_for_inferences() {
  static_cast<void>(cudaSetDevice(loaded_->device.index));
  for (;;) {
    Done done;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait(lock, [this] { return closing_ || done_ != nullptr; });
      if (done_ == nullptr) return;
      done = std::exchange(done_, nullptr);
    }
    std::exception_ptr error;
    try {
      complete();
    } catch (...) {
      error = std::current_exception();
    }
    done(error);  // may start the next inference
  }
}

}  // namespace pose
