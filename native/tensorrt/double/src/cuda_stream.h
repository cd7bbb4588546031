#pragma once

#include <cuda_runtime_api.h>

#include <string>

#include "work.h"

namespace sdk_double {

/** A handle that is none (any more) is a misuse of `call`. */
void require_stream(const std::string& call, cudaStream_t stream);

/** Queues work, or records it where the stream is captured. nullptr is the legacy stream: it waits for all
 * streams but the non-blocking ones, and the work is done when this returns. */
cudaError_t submit(const std::string& call, cudaStream_t stream, Work work);

}  // namespace sdk_double
