#include "access_units.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "capture.h"

namespace pose {
namespace {

constexpr int max_bytes = 64 << 20;

/** What a piece is, where a NAL unit begins with it. */
struct NalUnit {
  bool is_slice = false;
  /** Nothing of the picture before it can follow. */
  bool begins_picture = false;
};

NalUnit nal_unit(AVCodecID codec, const AVPacket& piece) {
  static constexpr uint8_t start_code[] = {0, 0, 0, 1};
  const uint8_t* data = piece.data + sizeof(start_code);
  if (piece.size < 7 || std::memcmp(piece.data, start_code, sizeof(start_code)) != 0) return {};
  // Of a slice the first bit says that it is the first one: in H.264 by the number of its first macroblock,
  // 0.
  if (codec == AV_CODEC_ID_H264) {
    const int type = data[0] & 31;
    if (type == 1 || type == 5) return {true, (data[1] & 0x80) != 0};
    return {false, type == 7 || type == 9};  // parameters, delimiter
  }
  const int type = (data[0] >> 1) & 63;
  if (type < 32) return {true, (data[2] & 0x80) != 0};
  return {false, type == 32 || type == 35};
}

/** Time stamps may be as far apart as their numbers go. */
uint64_t distance(int64_t a, int64_t b) {
  const auto [low, high] = std::minmax(a, b);
  return static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
}

FfmpegHandle<AVPacket> new_packet() {
  FfmpegHandle<AVPacket> packet(av_packet_alloc());
  if (!packet) throw CaptureError("there is no memory");
  return packet;
}

}  // namespace

AccessUnits::AccessUnits(const AVStream& stream)
    : context_(avcodec_alloc_context3(nullptr)),
      parser_(av_parser_init(stream.codecpar->codec_id)),
      unit_(new_packet()),
      // Of one picture all time stamps are the same, but for what they are corrected by on the way.
      same_(av_rescale_q(2, {1, 1000}, stream.time_base)) {
  if (!context_ || avcodec_parameters_to_context(context_.get(), stream.codecpar) < 0) {
    throw CaptureError("there is no memory");
  }
  if (!parser_) {
    throw CaptureError(std::string("FFmpeg has no parser for ") +
                       avcodec_get_name(stream.codecpar->codec_id));
  }
  parser_->flags |= PARSER_FLAG_COMPLETE_FRAMES;
}

bool AccessUnits::continues(const AVPacket& piece) const {
  if (is_empty()) return true;
  if (has_slice_ && nal_unit(context_->codec_id, piece).begins_picture) return false;
  if (piece.pts == AV_NOPTS_VALUE || unit_->pts == AV_NOPTS_VALUE) return true;
  return distance(piece.pts, unit_->pts) <= static_cast<uint64_t>(same_);
}

void AccessUnits::add(const AVPacket& piece) {
  const int at = unit_->size;
  if (at == 0) {
    av_packet_unref(unit_.get());
    if (av_packet_copy_props(unit_.get(), &piece) < 0) throw CaptureError("there is no memory");
  }
  if (piece.size > max_bytes - at) throw CaptureError("its pictures are too large");
  if (av_grow_packet(unit_.get(), piece.size) < 0) throw CaptureError("there is no memory");
  has_slice_ = has_slice_ || nal_unit(context_->codec_id, piece).is_slice;
  std::memcpy(unit_->data + at, piece.data, static_cast<size_t>(piece.size));
}

FfmpegHandle<AVPacket> AccessUnits::take() {
  FfmpegHandle<AVPacket> unit = std::exchange(unit_, new_packet());
  has_slice_ = false;
  uint8_t* data = nullptr;
  int size = 0;
  av_parser_parse2(parser_.get(), context_.get(), &data, &size, unit->data, unit->size, unit->pts, unit->dts,
                   unit->pos);
  const bool is_key =
      parser_->key_frame == 1 || (parser_->key_frame == -1 && parser_->pict_type == AV_PICTURE_TYPE_I);
  unit->flags = is_key ? unit->flags | AV_PKT_FLAG_KEY : unit->flags & ~AV_PKT_FLAG_KEY;
  return unit;
}

}  // namespace pose
