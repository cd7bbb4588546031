#include "capture_spec.h"

#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace pose {
namespace {

constexpr size_t max_bytes = 256 * 1024;

}  // namespace

std::optional<CaptureSpec> CaptureSpec::read(int descriptor) {
  CaptureSpec spec;
  std::string name;
  std::string text;
  bool is_value = false;
  // Byte by byte: what follows belongs to somebody else.
  for (size_t count = 0; count < max_bytes; ++count) {
    char byte = 0;
    ssize_t got = 0;
    do got = ::read(descriptor, &byte, 1);
    while (got < 0 && errno == EINTR);
    if (got != 1) return std::nullopt;
    if (byte != '\0') {
      text.push_back(byte);
    } else if (is_value) {
      spec.values_[name] = std::exchange(text, "");
      is_value = false;
    } else {
      name = std::exchange(text, "");
      if (name.empty()) return spec;
      is_value = true;
    }
  }
  return std::nullopt;
}

const std::string& CaptureSpec::text(const std::string& name) const {
  static const std::string none;
  const auto found = values_.find(name);
  return found == values_.end() ? none : found->second;
}

double CaptureSpec::number(const std::string& name, double otherwise) const {
  const std::string& given = text(name);
  if (given.empty()) return otherwise;
  size_t end = 0;
  double value = -1;
  try {
    value = std::stod(given, &end);
  } catch (const std::logic_error&) {
    end = 0;
  }
  if (end == given.size() && std::isfinite(value) && value >= 0) return value;
  throw std::invalid_argument(name + ": expected a number of 0 or more");
}

}  // namespace pose
