#pragma once

#include <map>
#include <optional>
#include <string>

namespace pose {

/** What a capture process is told, once, by whoever started it. By name; what is not given is "". It comes
 * over standard input and never as an argument: others can read those, and there may be a password in it. */
class CaptureSpec {
 public:
  /** Reads up to the end of the spec and no further: name and value in turn, each ended by a NUL, and an
   * empty name at the end. Nothing where it ends before, or is longer than 256 KiB. */
  static std::optional<CaptureSpec> read(int descriptor);

  const std::string& text(const std::string& name) const;
  /** Throws std::invalid_argument where it is no number of 0 or more. */
  double number(const std::string& name, double otherwise) const;

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace pose
