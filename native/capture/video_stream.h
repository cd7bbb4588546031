#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "capture.h"
#include "ffmpeg_handles.h"
#include "picture_writer.h"

namespace pose {

/** Number of the stream of an open input that is its video; all others are passed over from then on. Throws
 * CaptureError where there is none. */
int choose_video(AVFormatContext& input);

struct DecoderOptions {
  int64_t max_pixels = int64_t{8192} * 8192;  ///< larger pictures are refused before they are decoded
  int threads = 1;                            ///< each more holds one more picture back
  /** Before it is opened. */
  std::function<void(AVCodecContext&, const AVCodec&)> prepare;
};

/** Throws CaptureError. */
FfmpegHandle<AVCodecContext> open_decoder(const AVStream& stream, const DecoderOptions& options);

/** When a picture was taken. */
struct CaptureTime {
  int64_t captured_ns = 0;  ///< CLOCK_MONOTONIC
  int64_t error_ns = no_camera_clock;
};

/** Hands the pictures of a stream over, counted. */
class PictureSender {
 public:
  explicit PictureSender(CaptureOutput& output) : output_(output) {}

  /** They are of this stream from now on; counting goes on. */
  void follow(AVFormatContext& input, int index);
  /** A picture that nobody has taken yet makes room for it. Throws CaptureError where it is too large. */
  void send(const AVFrame& frame, const CaptureTime& time);
  /** The same, but waits until there is room, or it is to leave. */
  void send_in_turn(const AVFrame& frame, const CaptureTime& time);

 private:
  PictureInfo describe(const AVFrame& frame, const CaptureTime& time);
  void write(const AVFrame& frame, const PictureInfo& info, uint8_t* pixels);

  CaptureOutput& output_;
  PictureWriter writer_;
  uint64_t seq_ = 0;
  double fps_ = 0;
  int64_t frames_ = 0;
  std::string encoding_;
};

}  // namespace pose
