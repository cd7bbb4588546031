#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string>

#include "sdk_double.h"

namespace sdk_double {
namespace {

/** "name=value" */
struct Setting {
  std::string_view name;
  std::string_view value;
};

template <typename Number>
Number read_number(std::string_view text, std::string_view name) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) {
    throw std::invalid_argument("expected a whole number of at least 0 for " + std::string(name));
  }
  return number;
}

bool read_switch(Options& options, std::string_view name) {
  struct Switch {
    std::string_view name;
    bool Options::*value;
  };
  constexpr Switch kSwitches[] = {
      {"no-device", &Options::no_device},
      {"no-driver", &Options::no_driver},
      {"build-fails", &Options::build_fails},
      {"build-out-of-memory", &Options::build_out_of_memory},
      {"deserialize-fails", &Options::deserialize_fails},
      {"context-fails", &Options::context_fails},
      {"capture-fails", &Options::capture_fails},
      {"instantiate-fails", &Options::instantiate_fails},
  };
  for (const Switch& known : kSwitches) {
    if (known.name != name) continue;
    options.*known.value = true;
    return true;
  }
  return false;
}

bool read_count(Options& options, const Setting& setting) {
  struct Count {
    std::string_view name;
    int64_t Options::*value;
  };
  constexpr Count kCounts[] = {
      {"malloc-fails-after", &Options::malloc_fails_after},
      {"host-alloc-fails-after", &Options::host_alloc_fails_after},
      {"launch-fails-after", &Options::launch_fails_after},
      {"sticky-error-after", &Options::sticky_error_after},
  };
  for (const Count& known : kCounts) {
    if (known.name != setting.name) continue;
    options.*known.value = read_number<int64_t>(setting.value, setting.name);
    return true;
  }
  return false;
}

bool read_device(Options& options, const Setting& setting) {
  const auto [name, value] = setting;
  if (name == "integrated") {
    options.integrated = read_number<int>(value, name) != 0;
  } else if (name == "gpus") {
    options.gpus = read_number<int>(value, name);
  } else if (name == "dla") {
    options.dla = read_number<int>(value, name);
  } else if (name == "build-ms") {
    options.build_ms = read_number<int>(value, name);
  } else if (name == "gpu-name") {
    options.gpu_name = value;
  } else if (name == "compute") {
    const size_t dot = value.find('.');
    if (dot == std::string_view::npos)
      throw std::invalid_argument("expected compute=8.7, found " + std::string(value));
    options.compute_major = read_number<int>(value.substr(0, dot), name);
    options.compute_minor = read_number<int>(value.substr(dot + 1), name);
  } else {
    return false;
  }
  return true;
}

void read_option(Options& options, std::string_view option) {
  const size_t equals = option.find('=');
  if (equals == std::string_view::npos) {
    if (read_switch(options, option)) return;
  } else {
    const Setting setting{option.substr(0, equals), option.substr(equals + 1)};
    if (read_count(options, setting) || read_device(options, setting)) return;
  }
  throw std::invalid_argument("the double has no option " + std::string(option));
}

}  // namespace

Options parse_options(std::string_view text) {
  Options options;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) read_option(options, text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return options;
}

}  // namespace sdk_double
