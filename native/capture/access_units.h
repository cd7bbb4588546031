#pragma once

#include "ffmpeg_handles.h"

namespace pose {

/** Puts RTP's packets together to pictures. FFmpeg's own parser does so as well, but tells nothing of a
 * picture before the next one begins: then it is late, and when it came is not known any more. */
class AccessUnits {
 public:
  /** Throws CaptureError where FFmpeg has no parser for this stream's codec. */
  explicit AccessUnits(const AVStream& stream);

  /** True where this piece belongs to the picture that is being put together, or there is none. Time stamps
   * tell, and what begins a picture: there are cameras whose clock stands still. */
  bool continues(const AVPacket& piece) const;
  bool is_empty() const { return unit_->size == 0; }
  /** Throws CaptureError where pictures are larger than any camera's. */
  void add(const AVPacket& piece);
  /** What was put together, with AV_PKT_FLAG_KEY where it is a key frame; the next one begins. */
  FfmpegHandle<AVPacket> take();

 private:
  FfmpegHandle<AVCodecContext> context_;  ///< the parser's own
  FfmpegHandle<AVCodecParserContext> parser_;
  FfmpegHandle<AVPacket> unit_;
  int64_t same_;
  bool has_slice_ = false;
};

}  // namespace pose
