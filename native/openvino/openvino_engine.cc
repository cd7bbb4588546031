#include <algorithm>
#include <filesystem>
#include <openvino/openvino.hpp>
#include <optional>
#include <sstream>

#include "compiled_cache.h"
#include "openvino_file.h"
#include "openvino_key.h"
#include "openvino_model.h"
#include "pose/create_engine.h"
#include "pose/processors.h"

namespace pose {
namespace {

/** Throws MODEL_SHAPE_MISMATCH where the file's input has another name or layout than it was said to have. */
void require_input(const ov::Model& model, const std::string& path, const InputSpec& input, int color_axis) {
  const std::string layout = color_axis == 1 ? "NCHW" : "NHWC";
  if (!input.layout.empty() && input.layout != layout) {
    throw EngineError("MODEL_SHAPE_MISMATCH",
                      path + ": expected an input of layout " + input.layout + ", found " + layout);
  }
  const auto& names = model.input().get_names();
  if (input.name.empty() || names.count(input.name) > 0) return;
  throw EngineError("MODEL_SHAPE_MISMATCH", path + ": expected an input called " + input.name + ", found " +
                                                (names.empty() ? "one without a name" : *names.begin()));
}

bool is_one_of(const ov::PartialShape& shape, const std::vector<Shape>& wanted) {
  return std::any_of(wanted.begin(), wanted.end(), [&](const Shape& one) {
    ov::PartialShape dims;
    for (int axis = 0; axis < one.rank(); ++axis) dims.push_back(one[axis]);
    return shape == dims;
  });
}

/** A result nobody reads costs the whole branch that computes it, as in BlazePose's segmentation mask. A
 * model that has none of the wanted shapes is left as it is: whoever looks for them tells what it has
 * instead. */
void drop_outputs(ov::Model& model, const std::vector<Shape>& kept) {
  std::vector<std::shared_ptr<ov::op::v0::Result>> dropped;
  for (const auto& result : model.get_results()) {
    if (!is_one_of(result->get_output_partial_shape(0), kept)) dropped.push_back(result);
  }
  if (kept.empty() || dropped.size() == model.get_results().size()) return;
  for (const auto& result : dropped) model.remove_result(result);
}

/** Reshapes the network to the input size and puts u8 NHWC, mean, scale and float outputs around it. */
std::shared_ptr<ov::Model> prepare(std::shared_ptr<ov::Model> model, const std::string& path,
                                   const InputSpec& input, const std::vector<Shape>& kept_outputs) {
  if (model->inputs().size() != 1) {
    throw EngineError("MODEL_SHAPE_MISMATCH",
                      path + ": expected 1 input, found " + std::to_string(model->inputs().size()));
  }
  const int axis = color_axis(model->input().get_partial_shape(), path);
  require_input(*model, path, input, axis);
  const ov::Dimension height(input.height);
  const ov::Dimension width(input.width);
  const ov::PartialShape wanted = axis == 1 ? ov::PartialShape{input.batch, 3, height, width}
                                            : ov::PartialShape{input.batch, height, width, 3};
  try {
    if (model->input().get_partial_shape() != wanted) model->reshape(wanted);
    drop_outputs(*model, kept_outputs);
    ov::preprocess::PrePostProcessor processor(model);
    processor.input().tensor().set_element_type(ov::element::u8).set_layout("NHWC");
    processor.input().model().set_layout(axis == 1 ? "NCHW" : "NHWC");
    auto& steps = processor.input().preprocess();
    steps.convert_element_type(ov::element::f32);
    if (input.mean != InputSpec().mean) steps.mean(std::vector<float>{input.mean.begin(), input.mean.end()});
    if (input.scale != InputSpec().scale)
      steps.scale(std::vector<float>{input.scale.begin(), input.scale.end()});
    for (size_t i = 0; i < model->outputs().size(); ++i) {
      processor.output(i).tensor().set_element_type(ov::element::f32);
    }
    model = processor.build();
  } catch (const std::exception& error) {
    const std::string batch = input.batch > 1 ? std::to_string(input.batch) + " " : "";
    throw EngineError("MODEL_SHAPE_MISMATCH", path + ": cannot take " + batch + "pictures of " +
                                                  std::to_string(input.width) + "x" +
                                                  std::to_string(input.height) + ": " + plain_message(error));
  }
  if (model->is_dynamic()) {
    throw EngineError("MODEL_SHAPE_MISMATCH", path + ": an output's shape is not known before inference");
  }
  return model;
}

ov::element::Type precision_type(const std::string& name) {
  if (name == "f32") return ov::element::f32;
  if (name == "bf16") return ov::element::bf16;
  if (name == "f16") return ov::element::f16;
  throw EngineError("ENGINE_OPTION_INVALID", "precision: expected f32, bf16 or f16, found " + name);
}

ov::AnyMap device_properties(const CompileOptions& options) {
  ov::AnyMap properties;
  const bool latency = options.mode == PerformanceMode::latency;
  properties.insert(ov::hint::performance_mode(latency ? ov::hint::PerformanceMode::LATENCY
                                                       : ov::hint::PerformanceMode::THROUGHPUT));
  if (!options.precision.empty()) {
    properties.insert(ov::hint::inference_precision(precision_type(options.precision)));
  }
  if (options.device == "CPU") {
    const int threads = options.threads > 0 ? options.threads : usable_processors();
    properties.insert(ov::inference_num_threads(threads));
    // Pinned threads of several programs land on the same processors; the scheduler does better.
    properties.insert(ov::hint::enable_cpu_pinning(false));
  }
  return properties;
}

/** What earlier versions, and the runtime by itself, left in the folder: nobody reads it any more. */
void remove_unsealed(const std::string& cache_dir) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(cache_dir, ignored)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".blob" || extension == ".cl_cache") std::filesystem::remove(entry.path(), ignored);
  }
}

class OpenVinoEngine : public Engine {
 public:
  std::string name() const override { return "openvino"; }
  std::string version() const override { return ov::get_openvino_version().buildNumber; }

  std::vector<DeviceInfo> devices() override {
    std::vector<DeviceInfo> devices;
    for (const std::string& id : core_.get_available_devices()) {
      devices.push_back({id, full_name(id)});
    }
    return devices;
  }

  ModelOutline inspect(const std::string& path, const PictureSize& size) override {
    return outline(*parse_file(core_, read_file(path, {})), path, size);
  }

  std::unique_ptr<CompiledModel> compile(const std::string& path, const InputSpec& input,
                                         const CompileOptions& options) override {
    require_device(options.device);
    try {
      ov::CompiledModel compiled = load_or_compile(path, input, options);
      // One more than the device runs at once: it is filled and decoded meanwhile.
      const int busy =
          options.mode == PerformanceMode::latency
              ? 1
              : static_cast<int>(compiled.get_property(ov::optimal_number_of_infer_requests)) + 1;
      const int requests = options.requests > 0 ? options.requests : busy;
      return std::make_unique<OpenVinoModel>(std::move(compiled), input, full_name(options.device), requests);
    } catch (const ov::Exception& error) {
      throw EngineError("ENGINE_FAILED", path + ": OpenVINO could not compile it for " + options.device +
                                             ": " + plain_message(error));
    }
  }

 private:
  ov::CompiledModel load_or_compile(const std::string& path, const InputSpec& input,
                                    const CompileOptions& options) {
    const ov::AnyMap properties = device_properties(options);
    OpenVinoFile file = read_file(path, options.checksums);
    const bool is_kept = file.is_whole && can_export(options.device);
    const CompiledCache cache(is_kept ? options.cache_dir : "", "openvino", "OpenVINO");
    std::string name;
    if (cache.is_open()) {
      remove_unsealed(options.cache_dir);
      name = compiled_name(core_, file, input, options, properties);
      if (auto kept = import_kept(cache, name, options.device, properties)) return std::move(*kept);
    }
    const auto model = prepare(parse_file(core_, std::move(file)), path, input, options.kept_outputs);
    ov::CompiledModel compiled = core_.compile_model(model, options.device, properties);
    if (cache.is_open()) keep(cache, name, compiled);
    return compiled;
  }

  std::optional<ov::CompiledModel> import_kept(const CompiledCache& cache, const std::string& name,
                                               const std::string& device, const ov::AnyMap& properties) {
    PageBuffer bytes = cache.load(name);
    if (bytes.empty()) return std::nullopt;
    try {
      return core_.import_model(to_tensor(std::move(bytes)), device, properties);
    } catch (const std::exception& error) {
      cache.remark(name + " is made anew: " + plain_message(error));
      return std::nullopt;
    }
  }

  static void keep(const CompiledCache& cache, const std::string& name, ov::CompiledModel& compiled) {
    std::ostringstream exported;
    try {
      compiled.export_model(exported);
    } catch (const std::exception& error) {
      cache.remark("what is compiled is not kept: " + plain_message(error));
      return;
    }
    const std::string bytes = exported.str();
    cache.store(name, {{bytes.data(), bytes.size()}});
  }

  /** AUTO cannot: it may change its device later. */
  bool can_export(const std::string& device) {
    try {
      const auto able = core_.get_property(device, ov::device::capabilities);
      return std::find(able.begin(), able.end(), ov::device::capability::EXPORT_IMPORT) != able.end();
    } catch (const ov::Exception&) {
      return false;
    }
  }

  std::string full_name(const std::string& device) {
    try {
      return core_.get_property(device, ov::device::full_name);
    } catch (const ov::Exception&) {
      return device;  // AUTO has no name of its own
    }
  }

  void require_device(const std::string& device) {
    // Asking for the list loads the plugin of every kind of device, 20 MB that a CPU never needs.
    if (device == "AUTO" || device == "CPU") return;
    const std::vector<std::string> present = core_.get_available_devices();
    std::string list;
    for (const std::string& id : present) {
      // GPU stands for the first of GPU.0, GPU.1, …
      if (id == device || id.compare(0, device.size() + 1, device + ".") == 0) return;
      list += (list.empty() ? "" : ", ") + id;
    }
    throw EngineError("ENGINE_DEVICE_ABSENT", "OpenVINO sees no device " + device +
                                                  " here; it sees: " + (list.empty() ? "none" : list));
  }

  ov::Core core_;
};

}  // namespace

std::unique_ptr<Engine> create_engine() {
  try {
    return std::make_unique<OpenVinoEngine>();
  } catch (const std::exception& error) {
    throw EngineError("ENGINE_FAILED", std::string("OpenVINO does not start: ") + plain_message(error));
  }
}

}  // namespace pose
