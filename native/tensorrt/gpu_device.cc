#include "gpu_device.h"

#include <NvInfer.h>

#include <algorithm>
#include <memory>

#include "cuda_check.h"
#include "tensorrt_log.h"

namespace pose {
namespace {

[[noreturn]] void throw_absent(const std::string& why) { throw EngineError("ENGINE_DEVICE_ABSENT", why); }

GpuDevice describe(int index) {
  cudaDeviceProp properties{};
  check_cuda(cudaGetDeviceProperties(&properties, index), "asking for the GPU's properties");
  GpuDevice device;
  device.id = "GPU." + std::to_string(index);
  device.index = index;
  device.name = properties.name;
  device.major = properties.major;
  device.minor = properties.minor;
  device.multiprocessors = properties.multiProcessorCount;
  device.memory_bytes = properties.totalGlobalMem;
  device.integrated = properties.integrated != 0;
  return device;
}

std::vector<GpuDevice> list_gpus() {
  int count = 0;
  const cudaError_t result = cudaGetDeviceCount(&count);
  if (result != cudaSuccess) {
    cudaGetLastError();
    throw_absent(std::string("CUDA finds no GPU: ") + cudaGetErrorString(result));
  }
  if (count == 0) throw_absent("CUDA finds no GPU");
  std::vector<GpuDevice> devices;
  for (int index = 0; index < count; ++index) devices.push_back(describe(index));
  return devices;
}

int count_dla_cores() {
  const std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(tensorrt_log()));
  return runtime ? runtime->getNbDLACores() : 0;
}

}  // namespace

std::vector<GpuDevice> list_gpu_devices() {
  std::vector<GpuDevice> devices = list_gpus();
  const GpuDevice first = devices.front();
  const int cores = count_dla_cores();
  for (int core = 0; core < cores; ++core) {
    GpuDevice accelerator = first;
    accelerator.id = "DLA." + std::to_string(core);
    accelerator.dla_core = core;
    devices.push_back(accelerator);
  }
  return devices;
}

GpuDevice find_gpu_device(const std::string& id) {
  const bool is_dla = id.compare(0, 3, "DLA") == 0;
  if (!is_dla && id.compare(0, 3, "GPU") != 0 && id != "AUTO" && !id.empty()) {
    throw EngineError("ENGINE_OPTION_INVALID",
                      "device: TensorRT runs on GPU, GPU.0, … or DLA.0, …; found " + id);
  }
  // Counting accelerators starts a runtime, which a GPU has no need of.
  const std::vector<GpuDevice> devices = is_dla ? list_gpu_devices() : list_gpus();
  std::string wanted = id.empty() || id == "AUTO" ? "GPU" : id;
  if (wanted.find('.') == std::string::npos) wanted += ".0";
  const auto found = std::find_if(devices.begin(), devices.end(),
                                  [&](const GpuDevice& device) { return device.id == wanted; });
  if (found != devices.end()) return *found;
  std::string list;
  for (const GpuDevice& device : devices) list += (list.empty() ? "" : ", ") + device.id;
  throw_absent("TensorRT sees no device " + id + " here; it sees: " + list);
}

void use_gpu_device(const GpuDevice& device) {
  check_cuda(cudaSetDevice(device.index), "choosing " + device.id);
}

}  // namespace pose
