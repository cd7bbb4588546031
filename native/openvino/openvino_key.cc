#include "openvino_key.h"

#include <fstream>
#include <sstream>

#include "digest.h"

namespace pose {
namespace {

/** Raised when the same request is compiled otherwise. */
constexpr int kRecipe = 1;

/** What the processor can do: instructions are chosen by it. */
std::string processor_facts() {
  std::ifstream file("/proc/cpuinfo");
  std::string facts;
  // Of the first processor; an empty line ends it.
  for (std::string line; std::getline(file, line) && !line.empty();) {
    for (const char* key : {"model name", "flags", "Features", "CPU part", "CPU variant"}) {
      if (line.rfind(key, 0) == 0) facts += line + '\n';
    }
  }
  return facts;
}

std::string fact(ov::Core& core, const std::string& device, const std::string& property) {
  try {
    return property + ' ' + core.get_property(device, property, {}).as<std::string>() + '\n';
  } catch (const std::exception&) {
    return property + " is not told\n";
  }
}

/** Driver and device, as the plugin itself tells them for caches. */
std::string device_facts(ov::Core& core, const std::string& device) {
  std::string facts = fact(core, device, ov::device::full_name.name()) +
                      fact(core, device, ov::device::architecture.name()) +
                      fact(core, device, ov::device::capabilities.name());
  try {
    const auto names =
        core.get_property(device, "CACHING_PROPERTIES", {}).as<std::vector<ov::PropertyName>>();
    for (const ov::PropertyName& name : names) facts += fact(core, device, name);
  } catch (const std::exception&) {
    // Not every plugin has such a list.
  }
  return facts;
}

}  // namespace

std::string compiled_name(ov::Core& core, const OpenVinoFile& file, const InputSpec& input,
                          const CompileOptions& options, const ov::AnyMap& properties) {
  std::ostringstream facts;
  facts << std::hexfloat << "recipe " << kRecipe << "\nopenvino " << ov::get_openvino_version().buildNumber
        << "\ndevice " << options.device << '\n'
        << device_facts(core, options.device) << processor_facts();
  for (const auto& [name, value] : properties) facts << name << ' ' << value.as<std::string>() << '\n';
  facts << "model " << file.main.sha512 << "\nweights " << file.weights.sha512 << "\nformat "
        << static_cast<int>(file.format) << "\ninput " << input.batch << ' ' << input.height << ' '
        << input.width << ' ' << input.layout << ' ' << input.name << '\n';
  for (const float mean : input.mean) facts << "mean " << mean << '\n';
  for (const float scale : input.scale) facts << "scale " << scale << '\n';
  for (const Shape& shape : options.kept_outputs) facts << "kept " << shape.to_string() << '\n';
  return entry_name(facts.str()) + ".blob";
}

}  // namespace pose
