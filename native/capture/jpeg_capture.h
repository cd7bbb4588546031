#pragma once

#include "capture.h"
#include "capture_spec.h"
#include "jpeg_reduction.h"

namespace pose {

/** In the machine's byte order. */
struct JpegHead {
  uint64_t seq = 0;         ///< the camera's count of its pictures, those that are not sent too
  int64_t captured_ns = 0;  ///< CLOCK_MONOTONIC
  uint64_t bytes = 0;       ///< of the JPEG that follows
  EnoughPixels enough;      ///< how small it may become
};

/** Decodes the JPEGs that come over standard input after the spec, each behind a JpegHead. They are
 * decoded as small as they may become. Says `decoded` on
 * standard output after each, so that whoever sends them knows when to send the next. What is no JPEG is
 * passed over.
 *
 * Of the spec: `max_pixels` of a picture. Returns where the input ends or it is to leave. Throws
 * CaptureError. */
void capture_jpegs(const CaptureSpec& spec, CaptureOutput& output);

}  // namespace pose
