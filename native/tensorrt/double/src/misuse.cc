#include "misuse.h"

#include <cstdio>
#include <cstdlib>

namespace sdk_double {

void misuse(const std::string& call, const std::string& what) {
  std::fprintf(stderr, "TensorRT double: %s: %s\n", call.c_str(), what.c_str());
  std::fflush(stderr);
  std::abort();
}

}  // namespace sdk_double
