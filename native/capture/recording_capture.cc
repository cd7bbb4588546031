#include "recording_capture.h"

#include <string>

#include "ffmpeg_handles.h"
#include "ffmpeg_reasons.h"
#include "video_stream.h"

namespace pose {
namespace {

std::string reason_of_file(int error) {
  return error == AVERROR_INVALIDDATA ? "it is no video that FFmpeg reads, or it is cut off"
                                      : reason_of(error);
}

class RecordingCapture {
 public:
  RecordingCapture(const CaptureSpec& spec, CaptureOutput& output)
      : spec_(spec), output_(output), sender_(output), packet_(av_packet_alloc()), frame_(av_frame_alloc()) {
    if (!packet_ || !frame_) throw CaptureError("there is no memory");
  }

  /** Opened anew for each pass: a seek goes to a key frame, and some containers have none at 0. */
  void run() {
    const bool loop = spec_.number("loop", 0) != 0;
    do {
      open();
      pictures_ = 0;
      while (!is_leaving() && read()) output_.alive();
      if (pictures_ == 0 && !is_leaving()) throw CaptureError("no picture of it can be decoded");
    } while (loop && !is_leaving());
    output_.ended();
  }

 private:
  void open() {
    decoder_.reset();
    input_.reset();
    AVFormatContext* context = nullptr;
    FfmpegOptions options;
    // A playlist, too, leads to files alone.
    options.set("protocol_whitelist", "file");
    const std::string url = "file:" + spec_.text("path");
    const int opened = avformat_open_input(&context, url.c_str(), nullptr, options.get());
    if (opened < 0) throw CaptureError(reason_of_file(opened));
    input_.reset(context);
    const int found = avformat_find_stream_info(context, nullptr);
    if (found < 0) throw CaptureError(reason_of_file(found));
    index_ = choose_video(*context);
    DecoderOptions wanted;
    wanted.max_pixels =
        static_cast<int64_t>(spec_.number("max_pixels", static_cast<double>(wanted.max_pixels)));
    wanted.threads = static_cast<int>(spec_.number("threads", 1));
    decoder_ = open_decoder(*context->streams[index_], wanted);
    sender_.follow(*context, index_);
  }

  /** False at its end: also where what is left of it cannot be read. */
  bool read() {
    const int got = av_read_frame(input_.get(), packet_.get());
    if (got == AVERROR(EAGAIN)) return true;
    if (got < 0) {
      decode(nullptr);  // what the decoder still holds
      return false;
    }
    if (packet_->stream_index == index_) decode(packet_.get());
    av_packet_unref(packet_.get());
    return true;
  }

  /** What is damaged is passed over. */
  void decode(const AVPacket* packet) {
    int got = avcodec_send_packet(decoder_.get(), packet);
    while (got >= 0 && !is_leaving()) {
      got = avcodec_receive_frame(decoder_.get(), frame_.get());
      if (got < 0) return;
      ++pictures_;
      sender_.send_in_turn(*frame_, {monotonic_ns(), no_camera_clock});
      av_frame_unref(frame_.get());
    }
  }

  const CaptureSpec& spec_;
  CaptureOutput& output_;
  PictureSender sender_;
  FfmpegHandle<AVFormatContext> input_;
  FfmpegHandle<AVCodecContext> decoder_;
  FfmpegHandle<AVPacket> packet_;
  FfmpegHandle<AVFrame> frame_;
  int index_ = -1;
  uint64_t pictures_ = 0;  ///< of this pass
};

}  // namespace

void capture_recording(const CaptureSpec& spec, CaptureOutput& output) {
  av_log_set_level(AV_LOG_QUIET);
  RecordingCapture(spec, output).run();
}

}  // namespace pose
