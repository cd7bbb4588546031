#include "video_stream.h"

#include <cmath>
#include <string>

#include "ffmpeg_reasons.h"

namespace pose {
namespace {

bool is_key(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
  return (frame.flags & AV_FRAME_FLAG_KEY) != 0;
#else
  return frame.key_frame != 0;
#endif
}

/** Pictures of a recording; 0 where that is not known. */
int64_t count_of(const AVFormatContext& input, const AVStream& stream, double fps) {
  if (stream.nb_frames > 0) return stream.nb_frames;
  if (input.duration <= 0) return 0;
  return std::llround(static_cast<double>(input.duration) / AV_TIME_BASE * fps);
}

}  // namespace

int choose_video(AVFormatContext& input) {
  const int index = av_find_best_stream(&input, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (index < 0) throw CaptureError("there is no video in it");
  for (unsigned i = 0; i < input.nb_streams; ++i) {
    if (static_cast<int>(i) != index) input.streams[i]->discard = AVDISCARD_ALL;
  }
  return index;
}

FfmpegHandle<AVCodecContext> open_decoder(const AVStream& stream, const DecoderOptions& options) {
  const AVCodec* codec = avcodec_find_decoder(stream.codecpar->codec_id);
  const std::string name = avcodec_get_name(stream.codecpar->codec_id);
  if (codec == nullptr) throw CaptureError("FFmpeg has no decoder for " + name);
  FfmpegHandle<AVCodecContext> decoder(avcodec_alloc_context3(codec));
  if (!decoder || avcodec_parameters_to_context(decoder.get(), stream.codecpar) < 0) {
    throw CaptureError("there is no memory");
  }
  decoder->thread_count = options.threads;
  decoder->max_pixels = options.max_pixels;
  decoder->pkt_timebase = stream.time_base;
  if (options.prepare) options.prepare(*decoder, *codec);
  const int opened = avcodec_open2(decoder.get(), codec, nullptr);
  if (opened < 0) throw CaptureError("its " + name + " cannot be decoded: " + reason_of(opened));
  return decoder;
}

void PictureSender::follow(AVFormatContext& input, int index) {
  AVStream& stream = *input.streams[index];
  const AVRational rate = av_guess_frame_rate(&input, &stream, nullptr);
  fps_ = rate.num > 0 && rate.den > 0 ? av_q2d(rate) : 0;
  frames_ = count_of(input, stream, fps_);
  encoding_ = avcodec_get_name(stream.codecpar->codec_id);
  writer_ = PictureWriter(stream);
}

void PictureSender::send(const AVFrame& frame, const CaptureTime& time) {
  const PictureInfo info = describe(frame, time);
  write(frame, info, output_.begin());
}

void PictureSender::send_in_turn(const AVFrame& frame, const CaptureTime& time) {
  const PictureInfo info = describe(frame, time);
  write(frame, info, output_.begin_in_turn());
}

PictureInfo PictureSender::describe(const AVFrame& frame, const CaptureTime& time) {
  PictureInfo info;
  info.seq = seq_++;
  info.captured_ns = time.captured_ns;
  info.clock_error_ns = time.error_ns;
  info.key = is_key(frame) ? 1 : 0;
  info.width = writer_.width(frame);
  info.height = writer_.height(frame);
  info.format = writer_.format(frame);
  output_.format({info.width, info.height, fps_, encoding_, frames_});
  if (picture_bytes(info.format, info.width, info.height) > output_.ring().slot_bytes()) {
    throw CaptureError("its pictures of " + std::to_string(info.width) + "x" + std::to_string(info.height) +
                       " are too large");
  }
  return info;
}

void PictureSender::write(const AVFrame& frame, const PictureInfo& info, uint8_t* pixels) {
  if (pixels == nullptr) return;
  writer_.write(frame, pixels);
  output_.publish(info);
}

}  // namespace pose
