#pragma once

#include <cuda_runtime_api.h>

#include <vector>

#include "work.h"

namespace sdk_double {

cudaGraph_t make_graph(std::vector<Work> nodes);

}  // namespace sdk_double
