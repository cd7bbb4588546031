#include "execution_context.h"

#include <cstdint>
#include <utility>

#include "cuda_capture.h"
#include "cuda_error.h"
#include "cuda_memory.h"
#include "cuda_stream.h"
#include "faults.h"
#include "misuse.h"
#include "sdk_log.h"

namespace sdk_double {

ExecutionContext::ExecutionContext(Engine& engine) : engine_(engine) { ++engine_.contexts; }

ExecutionContext::~ExecutionContext() noexcept {
  life_->is_over = true;
  if (life_->inferences > 0) misuse("~IExecutionContext", "an inference of it is still queued");
  --engine_.contexts;
}

bool ExecutionContext::fail(const std::string& why) const {
  log_error(engine_.logger(), why);
  return false;
}

bool ExecutionContext::setInputShape(char const* name, nvinfer1::Dims const& dims) noexcept {
  const EngineTensor* tensor = engine_.find(name);
  if (tensor == nullptr || !tensor->is_input) return fail("setInputShape: the engine has no such input");
  const Extents shape = to_extents(dims);
  if (shape == tensor->shape) return true;
  return fail("setInputShape: " + tensor->name + " has shape " + to_string(tensor->shape) + ", not " +
              to_string(shape));
}

bool ExecutionContext::setTensorAddress(char const* name, void* data) noexcept {
  const EngineTensor* tensor = engine_.find(name);
  if (tensor == nullptr) return false;
  if (data == nullptr) {
    addresses_.erase(tensor->name);
    return true;
  }
  constexpr uintptr_t kAlignment = 256;
  if (tensor->is_input && reinterpret_cast<uintptr_t>(data) % kAlignment != 0) {
    return fail("setTensorAddress: the address of " + tensor->name + " is not a multiple of 256");
  }
  require_device_memory("setTensorAddress of " + tensor->name, data, tensor->bytes());
  addresses_[tensor->name] = data;
  return true;
}

bool ExecutionContext::enqueueV3(cudaStream_t stream) noexcept {
  count_call(&Calls::enqueues);
  if (!require_gpu(engine_.logger(), "enqueueV3")) return false;
  if (next_launch_fails()) return fail("enqueueV3: CUDA failed: unspecified launch failure");
  for (const EngineTensor& tensor : engine_.tensors()) {
    if (addresses_.count(tensor.name) == 0) return fail("enqueueV3: no address is set for " + tensor.name);
  }
  const bool captures = is_capturing(stream);
  if (captures && (options().capture_fails || !has_run_)) {
    invalidate_capture(stream);
    return fail("enqueueV3: operation not permitted when stream is capturing");
  }
  Work work{[life = life_, engine = &engine_, addresses = addresses_] {
    ++life->inferences;
    if (life->is_over) misuse("enqueueV3", "a graph runs an execution context that is destroyed");
    run(*engine, addresses);
    --life->inferences;
  }};
  work.computes = true;
  if (!captures) {
    // From now on, until the work is gone, done or passed over.
    ++life_->inferences;
    auto ticket = std::shared_ptr<Life>(life_.get(), [life = life_](Life*) { --life->inferences; });
    work.run = [body = std::move(work.run), ticket] { body(); };
    has_run_ = true;
  }
  return submit("enqueueV3", stream, std::move(work)) == cudaSuccess || fail("enqueueV3: CUDA failed");
}

void ExecutionContext::run(const Engine& engine, const Addresses& addresses) {
  Tensors inputs;
  for (const EngineTensor& tensor : engine.tensors()) {
    // Once more: the memory may have been freed since the work was queued.
    void* memory = addresses.at(tensor.name);
    require_device_memory("enqueueV3, tensor " + tensor.name, memory, tensor.bytes());
    if (!tensor.is_input) continue;
    auto value = std::make_shared<Value>();
    value->type = tensor.type;
    value->shape = tensor.shape;
    value->elements.resize(static_cast<size_t>(count_elements(tensor.shape)));
    read_elements(memory_type(tensor.type), memory, value->elements);
    value->is_known = true;
    inputs[tensor.name] = std::move(value);
  }
  const Tensors tensors = run_graph(engine.model(), std::move(inputs));
  for (const EngineTensor& tensor : engine.tensors()) {
    if (tensor.is_input) continue;
    write_elements(memory_type(tensor.type), tensors.at(tensor.name)->elements, addresses.at(tensor.name));
  }
}

}  // namespace sdk_double
