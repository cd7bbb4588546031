#include "picture_writer.h"

extern "C" {
#include <libavutil/display.h>
}

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "capture.h"
#include "turn_picture.h"

namespace pose {
namespace {

/** A container's display matrix; null where it has none. */
const int32_t* display_matrix(const AVStream& stream) {
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
  const AVPacketSideData* data = av_packet_side_data_get(
      stream.codecpar->coded_side_data, stream.codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
  const uint8_t* bytes = data == nullptr || data->size < 9 * sizeof(int32_t) ? nullptr : data->data;
#else
  size_t size = 0;
  const uint8_t* bytes = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  if (size < 9 * sizeof(int32_t)) bytes = nullptr;
#endif
  return reinterpret_cast<const int32_t*>(bytes);
}

bool is_full_range(const AVFrame& frame) {
  return frame.format == AV_PIX_FMT_YUVJ420P || frame.color_range == AVCOL_RANGE_JPEG;
}

/** What says nothing is taken for BT.601, as libswscale does. */
bool is_bt709(const AVFrame& frame) { return frame.colorspace == AVCOL_SPC_BT709; }

void copy_plane(const uint8_t* from, int stride, int width, int height, uint8_t*& to) {
  for (int y = 0; y < height; ++y, to += width) {
    std::memcpy(to, from + ptrdiff_t{y} * stride, static_cast<size_t>(width));
  }
}

/** A plane of U and V in turns becomes two. */
void split_plane(const uint8_t* from, int stride, int width, int height, uint8_t* to) {
  uint8_t* u = to;
  uint8_t* v = to + ptrdiff_t{width} * height;
  for (int y = 0; y < height; ++y, u += width, v += width) {
    const uint8_t* row = from + ptrdiff_t{y} * stride;
    for (int x = 0; x < width; ++x) {
      u[x] = row[2 * x];
      v[x] = row[2 * x + 1];
    }
  }
}

void write_planes(const AVFrame& frame, uint8_t* pixels) {
  const int width = (frame.width + 1) / 2;
  const int height = (frame.height + 1) / 2;
  copy_plane(frame.data[0], frame.linesize[0], frame.width, frame.height, pixels);
  if (frame.format == AV_PIX_FMT_NV12) {
    split_plane(frame.data[1], frame.linesize[1], width, height, pixels);
    return;
  }
  copy_plane(frame.data[1], frame.linesize[1], width, height, pixels);
  copy_plane(frame.data[2], frame.linesize[2], width, height, pixels);
}

}  // namespace

PictureWriter::PictureWriter(const AVStream& stream) {
  const int32_t* matrix = display_matrix(stream);
  if (matrix != nullptr) quarters_ = quarter_turns(-av_display_rotation_get(matrix));
}

PixelFormat PictureWriter::format(const AVFrame& frame) const {
  const bool in_planes = frame.format == AV_PIX_FMT_YUV420P || frame.format == AV_PIX_FMT_YUVJ420P ||
                         frame.format == AV_PIX_FMT_NV12;
  if (!in_planes || quarters_ != 0) return PixelFormat::bgr;
  if (is_bt709(frame)) return is_full_range(frame) ? PixelFormat::i420_bt709_full : PixelFormat::i420_bt709;
  return is_full_range(frame) ? PixelFormat::i420_bt601_full : PixelFormat::i420_bt601;
}

void PictureWriter::write(const AVFrame& frame, uint8_t* pixels) {
  if (format(frame) == PixelFormat::bgr) {
    write_bgr(frame, pixels);
  } else {
    write_planes(frame, pixels);
  }
}

void PictureWriter::set_matrix(bool bt709) {
  is_bt709_ = bt709;
  int* before = nullptr;
  int* table = nullptr;
  int range = 0;
  int shown_range = 0;
  int brightness = 0;
  int contrast = 0;
  int saturation = 0;
  SwsContext* scaler = scaler_.get();
  if (sws_getColorspaceDetails(scaler, &before, &range, &table, &shown_range, &brightness, &contrast,
                               &saturation) < 0) {
    return;  // what has no YUV has no matrix
  }
  sws_setColorspaceDetails(scaler, sws_getCoefficients(bt709 ? SWS_CS_ITU709 : SWS_CS_DEFAULT), range, table,
                           shown_range, brightness, contrast, saturation);
}

void PictureWriter::write_bgr(const AVFrame& frame, uint8_t* pixels) {
  const SwsContext* before = scaler_.get();
  scaler_.reset(sws_getCachedContext(scaler_.release(), frame.width, frame.height,
                                     static_cast<AVPixelFormat>(frame.format), frame.width, frame.height,
                                     AV_PIX_FMT_BGR24, SWS_BICUBIC, nullptr, nullptr, nullptr));
  if (!scaler_) throw CaptureError("its pixel format cannot be converted");
  // Each call works its tables out anew; a new one has those of BT.601.
  if (scaler_.get() != before) is_bt709_ = false;
  if (is_bt709(frame) != is_bt709_) set_matrix(is_bt709(frame));
  uint8_t* to = pixels;
  if (quarters_ != 0) {
    unturned_.resize(3 * static_cast<size_t>(frame.width) * static_cast<size_t>(frame.height));
    to = unturned_.data();
  }
  uint8_t* const planes[] = {to, nullptr, nullptr, nullptr};
  const int strides[] = {frame.width * 3, 0, 0, 0};
  sws_scale(scaler_.get(), frame.data, frame.linesize, 0, frame.height, planes, strides);
  if (quarters_ != 0) turn_bgr(to, frame.width, frame.height, quarters_, pixels);
}

}  // namespace pose
