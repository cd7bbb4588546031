#pragma once

#include <cstdint>
#include <vector>

#include "ffmpeg_handles.h"
#include "picture_ring.h"

namespace pose {

/** Writes a decoder's pictures as players show them: a recording may say that it is to be turned. Those of
 * 4:2:0 and 8 bits stay the planes that they are, others become BGR. */
class PictureWriter {
 public:
  PictureWriter() = default;
  explicit PictureWriter(const AVStream& stream);

  /** Of the picture as it is written. */
  int width(const AVFrame& frame) const { return quarters_ % 2 == 0 ? frame.width : frame.height; }
  int height(const AVFrame& frame) const { return quarters_ % 2 == 0 ? frame.height : frame.width; }
  PixelFormat format(const AVFrame& frame) const;
  /** As picture_bytes() of its format. Throws CaptureError where its pixels are of a kind that cannot be
   * converted. */
  void write(const AVFrame& frame, uint8_t* pixels);

 private:
  void write_bgr(const AVFrame& frame, uint8_t* pixels);
  void set_matrix(bool bt709);

  int quarters_ = 0;
  FfmpegHandle<SwsContext> scaler_;
  bool is_bt709_ = false;  ///< what scaler_ takes its pictures for
  std::vector<uint8_t> unturned_;
};

}  // namespace pose
