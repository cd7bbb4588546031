#pragma once

#include <functional>
#include <string>
#include <vector>

#include "capture_spec.h"
#include "ffmpeg_handles.h"

namespace pose {

/** Has a graphics unit decode a stream by VAAPI, where that is wanted and can be. Of the spec
 *
 *   decoder        auto, where it can, and software where not; vaapi, or the camera fails; software (the
 *                  default): never
 *   render_nodes   the folder of graphics units; /dev/dri where left out
 *
 * Once given up it stays so: a driver that has failed would fail again. */
class HardwareDecoder {
 public:
  /** Loads the driver of a unit and opens it; null where that cannot be. */
  using Opener = std::function<FfmpegHandle<AVBufferRef>(const std::string& node)>;
  /** Is told which decoder is in use, vaapi or software, and why where a graphics unit is there and not used.
   */
  using Teller = std::function<void(const std::string& decoder, const std::string& why)>;

  HardwareDecoder(const CaptureSpec& spec, Teller tell, Opener open = open_vaapi);

  /** Prepares `decoder`, which is not open yet, and refers to this object from then on. Throws CaptureError
   * where VAAPI was asked for and cannot be. */
  void set_up(AVCodecContext& decoder, const AVCodec& codec);

  /** Brings what a graphics unit decoded into memory; leaves other pictures as they are. Returns an error of
   * has_failed()'s where it cannot. */
  int fetch(AVFrame& frame);

  /** Of what the decoder or fetch() gave back: true where the unit is given up, and another decoder is to be
   * opened. What is wrong with the stream is not the unit's failure. Throws CaptureError where VAAPI was
   * asked for. */
  bool has_failed(int error);

  /** False where no graphics unit is in use. Throws CaptureError where VAAPI was asked for. */
  bool give_up(const std::string& why);

 private:
  static FfmpegHandle<AVBufferRef> open_vaapi(const std::string& node);
  static AVPixelFormat choose(AVCodecContext* decoder, const AVPixelFormat* offered);
  /** Empty where one was opened; else why not, and what to do. */
  std::string open_device(const std::vector<std::string>& nodes, const AVCodec& codec);
  void use_software(const std::string& why);

  std::string asked_;
  std::string folder_;
  Teller tell_;
  Opener open_;
  FfmpegHandle<AVBufferRef> device_;
  FfmpegHandle<AVFrame> fetched_;
  std::string refusal_;  ///< of the stream, by the driver
};

}  // namespace pose
