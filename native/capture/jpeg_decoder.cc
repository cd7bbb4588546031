#include "jpeg_decoder.h"

#include <csetjmp>
#include <cstdio>
// After cstdio, which it does not include itself.
#include <jpeglib.h>

namespace pose {

/** Of a progressive picture, which usually has ten: each is a pass over the whole of it, and costs some bytes
 * to ask for. */
constexpr int max_scans = 32;

struct JpegDecoder::State {
  jpeg_decompress_struct decompress{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf failed;
};

namespace {

void fail(j_common_ptr common) {
  auto* state = static_cast<std::jmp_buf*>(common->client_data);
  std::longjmp(*state, 1);
}

void keep_silent(j_common_ptr) {}

void count_scans(j_common_ptr common) {
  if (reinterpret_cast<j_decompress_ptr>(common)->input_scan_number > max_scans) fail(common);
}

}  // namespace

JpegDecoder::JpegDecoder() : state_(std::make_unique<State>()) {
  jpeg_decompress_struct& decompress = state_->decompress;
  decompress.err = jpeg_std_error(&state_->errors);
  state_->errors.error_exit = fail;
  state_->errors.output_message = keep_silent;
  jpeg_create_decompress(&decompress);
  decompress.client_data = &state_->failed;
  state_->progress.progress_monitor = count_scans;
  decompress.progress = &state_->progress;
}

JpegDecoder::~JpegDecoder() { jpeg_destroy_decompress(&state_->decompress); }

// The library leaves by longjmp where a picture is damaged: nothing with a destructor may live in these two.
JpegDecoder::Size JpegDecoder::read_header(const uint8_t* bytes, size_t size) {
  jpeg_decompress_struct& decompress = state_->decompress;
  if (setjmp(state_->failed) != 0) {
    jpeg_abort_decompress(&decompress);
    return {};
  }
  jpeg_mem_src(&decompress, bytes, static_cast<unsigned long>(size));
  jpeg_read_header(&decompress, TRUE);
  return {static_cast<int>(decompress.image_width), static_cast<int>(decompress.image_height)};
}

bool JpegDecoder::decode(uint8_t* bgr, int reduction) {
  jpeg_decompress_struct& decompress = state_->decompress;
  if (setjmp(state_->failed) != 0) {
    jpeg_abort_decompress(&decompress);
    return false;
  }
  decompress.out_color_space = JCS_EXT_BGR;
  decompress.scale_num = 1;
  decompress.scale_denom = static_cast<unsigned>(reduction);
  jpeg_start_decompress(&decompress);
  const size_t stride = static_cast<size_t>(decompress.output_width) * 3;
  while (decompress.output_scanline < decompress.output_height) {
    JSAMPROW row = bgr + stride * decompress.output_scanline;
    jpeg_read_scanlines(&decompress, &row, 1);
  }
  jpeg_finish_decompress(&decompress);
  return true;
}

}  // namespace pose
