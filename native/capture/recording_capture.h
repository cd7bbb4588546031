#pragma once

#include "capture.h"
#include "capture_spec.h"

namespace pose {

/** Reads a recording, every picture of it, as fast as they are taken. Of the spec
 *
 *   path         of the file; absolute
 *   loop         1: it begins again at its end, and counting goes on
 *   threads      that decode it; 1 where left out
 *   max_pixels   as ffmpeg_capture.h has it
 *
 * Returns at its end, or where it is to leave (capture.h). Throws CaptureError. */
void capture_recording(const CaptureSpec& spec, CaptureOutput& output);

}  // namespace pose
