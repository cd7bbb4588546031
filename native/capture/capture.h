#pragma once

#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "picture_ring.h"

namespace pose {

/** Why a camera gives no pictures, for people; without credentials. */
class CaptureError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/** What a stream says of itself; 0 and "" for what it does not. */
struct StreamFormat {
  int width = 0;
  int height = 0;
  double fps = 0;
  std::string encoding = {};
  int64_t frames = 0;
};

/** What a capture process says to whoever started it, a line each on standard output:
 *
 *   format WIDTH HEIGHT FPS ENCODING FRAMES   of the stream, each time it changes; 0 and - for what is not
 *                                        known; FRAMES of a recording
 *   decoder NAME WHY                     that decodes it, each time it changes: vaapi or software; WHY where
 *                                        a graphics unit is there and not used
 *   picture                              there is one in the ring that was not there at the last look
 *   alive                                about once a second, whether there are pictures or not
 *   decoded                              what was sent last was looked at (jpeg_capture.h)
 *   ended                                a recording is over: the last
 *   failed REASON                        the last; then it ends with status 1
 *
 * It ends, too, where nobody reads that any more. */
class CaptureOutput {
 public:
  explicit CaptureOutput(PictureRing ring) : ring_(std::move(ring)) {}

  PictureRing& ring() { return ring_; }
  void format(const StreamFormat& format);
  void decoder(const std::string& name, const std::string& why);
  /** A slot for the next picture; null where the reader holds them all, and then the picture counts as
   * dropped. */
  uint8_t* begin();
  /** The same, but waits until all that was handed over before is taken but for some, so that none is lost;
   * null where it is to leave. */
  uint8_t* begin_in_turn();
  /** Hands over what was written to begin()'s memory. */
  void publish(const PictureInfo& info);
  /** Nothing was written. */
  void abandon() { ring_.abandon(slot_); }
  void decoded();
  /** To be called often: whoever waits, or works, for long says so. */
  void alive();
  void ended();
  void failed(const std::string& reason);

 private:
  PictureRing ring_;
  int slot_ = 0;
  std::string format_;
  std::string decoder_;
  std::atomic<int64_t> said_ns_{0};  ///< two threads say that they are alive
};

/** SIGTERM came: the camera is to be left in order, soon. Set up by leave_on_sigterm(). */
bool is_leaving();
void leave_on_sigterm();

/** Nanoseconds of CLOCK_MONOTONIC, which all processes share. */
int64_t monotonic_ns();

}  // namespace pose
