#pragma once

#include <string>

namespace sdk_double {

/** Ends the process: `call` was made in a way that real hardware answers with undefined behaviour. */
[[noreturn]] void misuse(const std::string& call, const std::string& what);

}  // namespace sdk_double
