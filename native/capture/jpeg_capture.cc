#include "jpeg_capture.h"

#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "jpeg_decoder.h"

namespace pose {
namespace {

/** No camera's picture is larger; whoever sends them does not pass on such ones. */
constexpr uint64_t max_bytes = 64U << 20;

/** False where the input ends, or the process is to leave. */
bool read_all(void* bytes, size_t size) {
  auto* next = static_cast<uint8_t*>(bytes);
  while (size > 0) {
    const ssize_t got = read(STDIN_FILENO, next, size);
    if (got < 0 && errno == EINTR && !is_leaving()) continue;
    if (got <= 0) return false;
    next += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

/** `info.scale`: how small it is decoded. */
void hand_over(JpegDecoder& decoder, const PictureInfo& info, CaptureOutput& output) {
  output.format({info.width, info.height, 0, "mjpeg"});
  uint8_t* pixels = output.begin();
  if (pixels == nullptr) return;
  if (decoder.decode(pixels, info.scale))
    output.publish(info);
  else
    output.abandon();
}

}  // namespace

void capture_jpegs(const CaptureSpec& spec, CaptureOutput& output) {
  const double max_pixels = spec.number("max_pixels", 8192.0 * 8192.0);
  JpegDecoder decoder;
  std::vector<uint8_t> jpeg;
  for (;;) {
    JpegHead head;
    if (!read_all(&head, sizeof(head))) return;
    if (head.bytes > max_bytes) throw CaptureError("its pictures are too large");
    jpeg.resize(head.bytes);
    if (!read_all(jpeg.data(), jpeg.size())) return;
    const auto [width, height] = decoder.read_header(jpeg.data(), jpeg.size());
    if (double{1} * width * height > max_pixels ||
        picture_bytes(PixelFormat::bgr, width, height) > output.ring().slot_bytes()) {
      throw CaptureError("its pictures of " + std::to_string(width) + "x" + std::to_string(height) +
                         " are too large");
    }
    if (width > 0) {
      const int scale = jpeg_reduction(width, height, head.enough);
      hand_over(decoder, {head.seq, head.captured_ns, width, height, scale, PixelFormat::bgr}, output);
    }
    output.decoded();
  }
}

}  // namespace pose
