#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

#include "capture.h"
#include "capture_spec.h"
#include "confine.h"

#ifdef POSE_CAPTURE_BY_OPENCV
#include "opencv_capture.h"
#else
#include "ffmpeg_capture.h"
#include "jpeg_capture.h"
#include "recording_capture.h"
#endif

namespace {

struct Body {
  const char* name;
  void (*run)(const pose::CaptureSpec&, pose::CaptureOutput&);
};

// Two programs: what a camera does not need is not loaded for it.
constexpr Body bodies[] = {
#ifdef POSE_CAPTURE_BY_OPENCV
    {"opencv", pose::capture_by_opencv},
#else
    {"ffmpeg", pose::capture_by_ffmpeg},
    {"jpeg", pose::capture_jpegs},
    {"recording", pose::capture_recording},
#endif
};

void capture(const pose::CaptureSpec& spec, pose::CaptureOutput& output) {
  for (const Body& body : bodies) {
    if (spec.text("body") == body.name) return body.run(spec, output);
  }
  throw std::invalid_argument("there is no such body");
}

}  // namespace

/** Reads one camera, or recording, into a ring of pictures (descriptor 3), until it is killed or the camera
 * fails. capture.h says what is told on standard output, capture_spec.h what is read from standard input. Of
 * the spec also
 *
 *   body          which of the ways above
 *   parent        the process it belongs to
 *   data_bytes    of memory it may have, beside the ring */
int main() {
  using namespace pose;
  const auto spec = CaptureSpec::read(0);
  if (!spec) return 2;
  try {
    confine(static_cast<pid_t>(spec->number("parent", 0)),
            static_cast<size_t>(spec->number("data_bytes", 1e9)));
    leave_on_sigterm();
    CaptureOutput output(PictureRing::open(FileHandle(3)));
    try {
      capture(*spec, output);
      return 0;
    } catch (const std::exception& error) {
      output.failed(error.what());
    }
    return 1;
  } catch (const std::exception&) {
    return 2;
  }
}
