#pragma once

#include "capture.h"
#include "capture_spec.h"

namespace pose {

/** Reads what OpenCV's VideoCapture reads: `target`, and of the spec also
 *
 *   backend             v4l2 or gstreamer
 *   width, height, fps  asked of a V4L2 camera, which may choose others
 *   timeout_s           for how long it may give no picture; by its own pace where left out (patience.h)
 *   usual_silence_s     that of its pace when it was read last
 *   recording           1: it has an end, and every picture is waited for until there is room
 *   loop                1: a recording begins again at its end
 *
 * Returns at a recording's end. Throws CaptureError; where OpenCV waits without end, it ends the process
 * itself. */
void capture_by_opencv(const CaptureSpec& spec, CaptureOutput& output);

}  // namespace pose
