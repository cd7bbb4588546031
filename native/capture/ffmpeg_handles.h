#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/time.h>
#include <libswscale/swscale.h>
}

#include <memory>

namespace pose {

struct FreeFfmpeg {
  void operator()(AVBufferRef* buffer) const { av_buffer_unref(&buffer); }
  void operator()(AVFormatContext* context) const { avformat_close_input(&context); }
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(AVCodecParserContext* parser) const { av_parser_close(parser); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(SwsContext* context) const { sws_freeContext(context); }
};

template <typename Thing>
using FfmpegHandle = std::unique_ptr<Thing, FreeFfmpeg>;

/** FFmpeg's options by name, on their way into a call that takes them. */
class FfmpegOptions {
 public:
  FfmpegOptions() = default;
  FfmpegOptions(const FfmpegOptions&) = delete;
  FfmpegOptions& operator=(const FfmpegOptions&) = delete;
  ~FfmpegOptions() { av_dict_free(&options_); }

  void set(const char* name, const char* value) { av_dict_set(&options_, name, value, 0); }
  void set(const char* name, int64_t value) { av_dict_set_int(&options_, name, value, 0); }
  AVDictionary** get() { return &options_; }

 private:
  AVDictionary* options_ = nullptr;
};

}  // namespace pose
