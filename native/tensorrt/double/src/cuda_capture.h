#pragma once

#include <cuda_runtime_api.h>

#include <thread>
#include <vector>

#include "work.h"

namespace sdk_double {

/** What is recorded between cudaStreamBeginCapture and cudaStreamEndCapture. Guarded by one mutex for all. */
struct Capture {
  cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal;
  std::thread::id thread;
  bool is_invalidated = false;
  std::vector<Work> nodes;
};

/** For calls that no graph can repeat: where a capture forbids them to this thread, invalidates it and
 * returns cudaErrorStreamCaptureUnsupported, reported. */
cudaError_t refuse_while_capturing();

/** Whether a stream is captured, valid or not. */
bool is_capturing(cudaStream_t stream);
void invalidate_capture(cudaStream_t stream);

/** Adds to the stream's capture. cudaErrorStreamCaptureInvalidated where it is invalid. */
cudaError_t record(cudaStream_t stream, Work work);

/** Ends the capture of a stream that is destroyed. */
void drop_capture(cudaStream_t stream);

}  // namespace sdk_double
