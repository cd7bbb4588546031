#include "jpeg_decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <utility>
#include <vector>
// After cstdio, which it does not include itself.
#include <jpeglib.h>

namespace pose {
namespace {

constexpr int width = 61;
constexpr int height = 37;
/** Of a picture that can be made smaller. */
constexpr int even_width = 64;
constexpr int even_height = 32;

/** Of `rows` times the same row, BGR or grey. */
std::vector<uint8_t> jpeg_of_row(std::vector<uint8_t> row, int rows, bool grey, bool progressive) {
  jpeg_compress_struct compress{};
  jpeg_error_mgr errors{};
  compress.err = jpeg_std_error(&errors);
  jpeg_create_compress(&compress);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&compress, &bytes, &size);
  compress.input_components = grey ? 1 : 3;
  compress.image_width = static_cast<unsigned>(row.size()) / static_cast<unsigned>(compress.input_components);
  compress.image_height = static_cast<unsigned>(rows);
  compress.in_color_space = grey ? JCS_GRAYSCALE : JCS_EXT_BGR;
  jpeg_set_defaults(&compress);
  jpeg_set_quality(&compress, 95, TRUE);
  if (progressive) jpeg_simple_progression(&compress);
  jpeg_start_compress(&compress, TRUE);
  for (int y = 0; y < rows; ++y) {
    JSAMPROW samples = row.data();
    jpeg_write_scanlines(&compress, &samples, 1);
  }
  jpeg_finish_compress(&compress);
  std::vector<uint8_t> jpeg(bytes, bytes + size);
  jpeg_destroy_compress(&compress);
  std::free(bytes);
  return jpeg;
}

/** Of one colour, blue, green and red. */
std::vector<uint8_t> jpeg_of(uint8_t blue, uint8_t green, uint8_t red, bool grey = false,
                             bool progressive = false) {
  std::vector<uint8_t> row;
  for (int x = 0; x < width; ++x) {
    if (grey)
      row.push_back(blue);
    else
      row.insert(row.end(), {blue, green, red});
  }
  return jpeg_of_row(std::move(row), height, grey, progressive);
}

/** Left half black, right half white. */
std::vector<uint8_t> jpeg_of_halves() {
  std::vector<uint8_t> row(size_t{even_width} * 3, 0);
  std::fill(row.begin() + even_width / 2 * 3, row.end(), uint8_t{255});
  return jpeg_of_row(std::move(row), even_height, false, false);
}

std::vector<uint8_t> decode(JpegDecoder& decoder, const std::vector<uint8_t>& jpeg) {
  const auto size = decoder.read_header(jpeg.data(), jpeg.size());
  if (size.width == 0) return {};
  std::vector<uint8_t> bgr(static_cast<size_t>(size.width) * static_cast<size_t>(size.height) * 3);
  if (!decoder.decode(bgr.data())) return {};
  return bgr;
}

TEST(JpegDecoder, GivesBlueGreenRed) {
  JpegDecoder decoder;
  const auto bgr = decode(decoder, jpeg_of(200, 100, 30));
  ASSERT_EQ(bgr.size(), size_t{width} * height * 3);
  EXPECT_NEAR(bgr[0], 200, 3);
  EXPECT_NEAR(bgr[1], 100, 3);
  EXPECT_NEAR(bgr[bgr.size() - 1], 30, 3);
  const auto grey = decode(decoder, jpeg_of(77, 0, 0, true));
  ASSERT_EQ(grey.size(), bgr.size());
  EXPECT_NEAR(grey[0], 77, 3);
  EXPECT_NEAR(grey[2], 77, 3);
}

TEST(JpegDecoder, MakesThePictureSmaller) {
  JpegDecoder decoder;
  const auto jpeg = jpeg_of_halves();
  for (const int reduction : {8, 1, 2, 4}) {
    ASSERT_EQ(decoder.read_header(jpeg.data(), jpeg.size()).width, even_width) << "the frame's size";
    const int columns = even_width / reduction;
    const size_t bytes = static_cast<size_t>(columns) * (even_height / reduction) * 3;
    std::vector<uint8_t> bgr(bytes + 1, 99);
    ASSERT_TRUE(decoder.decode(bgr.data(), reduction));
    EXPECT_EQ(bgr[bytes], 99) << "nothing behind it";
    for (const size_t pixel : {0, columns / 2 - 1, columns / 2, columns - 1}) {
      const int white = pixel < static_cast<size_t>(columns / 2) ? 0 : 255;
      EXPECT_NEAR(bgr[pixel * 3], white, 6) << reduction << ", pixel " << pixel;
      EXPECT_NEAR(bgr[bytes - (static_cast<size_t>(columns) - pixel) * 3], white, 6) << reduction;
    }
  }
}

TEST(JpegDecoder, GoesOnAfterWhatIsDamaged) {
  JpegDecoder decoder;
  const auto whole = jpeg_of(10, 20, 30);
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    auto damaged = whole;
    for (int k = 0; k < 3; ++k) damaged[random() % damaged.size()] = static_cast<uint8_t>(random());
    if (i % 3 == 0) damaged.resize(random() % damaged.size());
    const auto size = decoder.read_header(damaged.data(), damaged.size());
    // Its size is looked at before anything is decoded.
    if (size.width <= 0 || size.width > 4 * width || size.height > 4 * height) continue;
    std::vector<uint8_t> bgr(static_cast<size_t>(size.width) * static_cast<size_t>(size.height) * 3);
    decoder.decode(bgr.data());
    if (i % 100 == 0) {
      ASSERT_FALSE(decode(decoder, whole).empty()) << i;
    }
  }
  EXPECT_FALSE(decode(decoder, whole).empty());
}

TEST(JpegDecoder, GivesUpAPictureOfEndlessScans) {
  JpegDecoder decoder;
  const auto progressive = jpeg_of(10, 20, 30, false, true);
  ASSERT_FALSE(decode(decoder, progressive).empty());
  size_t last = progressive.size() - 2;
  while (progressive[last] != 0xff || progressive[last + 1] != 0xda) --last;
  const std::vector<uint8_t> scan(progressive.begin() + static_cast<long>(last), progressive.end() - 2);
  for (const int times : {10, 1000}) {
    auto repeated = progressive;
    for (int i = 0; i < times; ++i) repeated.insert(repeated.end() - 2, scan.begin(), scan.end());
    EXPECT_EQ(decode(decoder, repeated).empty(), times > 100) << times;
  }
}

TEST(JpegDecoder, TellsTheSizeBeforeItDecodes) {
  JpegDecoder decoder;
  auto huge = jpeg_of(1, 2, 3);
  for (size_t at = 0; at + 8 < huge.size(); ++at) {
    if (huge[at] != 0xff || huge[at + 1] != 0xc0) continue;
    for (const size_t place : {at + 5, at + 7}) huge[place] = 0x40, huge[place + 1] = 0;  // 16384
  }
  const auto size = decoder.read_header(huge.data(), huge.size());
  EXPECT_EQ(size.width, 16384);
  EXPECT_EQ(size.height, 16384);
  EXPECT_EQ(decoder.read_header(huge.data(), 0).width, 0);
}

}  // namespace
}  // namespace pose
