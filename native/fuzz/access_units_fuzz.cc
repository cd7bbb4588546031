#include <sanitizer/asan_interface.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "access_units.h"
#include "capture.h"
#include "fuzzed_bytes.h"

namespace {

using pose::fuzz::FuzzedBytes;

/** What a camera's RTP makes of a picture: with or without a start code, and a time stamp of any kind. */
pose::FfmpegHandle<AVPacket> next_piece(FuzzedBytes& input, int64_t& pts) {
  const uint8_t kind = input.byte();
  const uint8_t length = input.byte();
  if (kind % 8 == 0) pts = input.integer();
  if (kind % 8 == 1) pts = AV_NOPTS_VALUE;
  if (kind % 8 == 2 && pts < INT64_MAX - 3600) pts += 3600;
  std::vector<uint8_t> bytes;
  if ((kind & 0x10) != 0) bytes = {0, 0, 0, 1};
  for (int i = 0; i < length && !input.is_empty(); ++i) bytes.push_back(input.byte());
  if (bytes.empty()) bytes.push_back(0);
  pose::FfmpegHandle<AVPacket> piece(av_packet_alloc());
  if (!piece || av_new_packet(piece.get(), static_cast<int>(bytes.size())) < 0) std::abort();
  std::copy(bytes.begin(), bytes.end(), piece->data);
  piece->pts = pts;
  return piece;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzedBytes input(data, size);
  static AVFormatContext* format = [] {
    AVFormatContext* context = avformat_alloc_context();
    for (const AVCodecID codec : {AV_CODEC_ID_H264, AV_CODEC_ID_HEVC}) {
      AVStream* stream = avformat_new_stream(context, nullptr);
      stream->codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
      stream->codecpar->codec_id = codec;
      stream->time_base = {1, 90000};
    }
    return context;
  }();
  pose::AccessUnits units(*format->streams[input.byte() % 2]);
  std::vector<uint8_t> expected;
  const auto take = [&] {
    const auto unit = units.take();
    if (!std::equal(unit->data, unit->data + unit->size, expected.begin(), expected.end())) std::abort();
    if (!units.is_empty()) std::abort();
    expected.clear();
  };
  int64_t pts = 0;
  while (!input.is_empty()) {
    const auto piece = next_piece(input, pts);
    // FFmpeg's padding hides a step beside the piece.
    ASAN_POISON_MEMORY_REGION(piece->data + piece->size, AV_INPUT_BUFFER_PADDING_SIZE);
    if (!units.continues(*piece)) take();
    units.add(*piece);
    ASAN_UNPOISON_MEMORY_REGION(piece->data + piece->size, AV_INPUT_BUFFER_PADDING_SIZE);
    expected.insert(expected.end(), piece->data, piece->data + piece->size);
  }
  if (!units.is_empty()) take();
  return 0;
}
