#include "access_units.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace pose {
namespace {

/** As FFmpeg hands it on: a NAL unit's first piece has a start code, all others have none. */
FfmpegHandle<AVPacket> piece(const std::vector<uint8_t>& bytes, int64_t pts) {
  FfmpegHandle<AVPacket> packet(av_packet_alloc());
  EXPECT_EQ(av_new_packet(packet.get(), static_cast<int>(bytes.size())), 0);
  std::copy(bytes.begin(), bytes.end(), packet->data);
  packet->pts = pts;
  return packet;
}

class AccessUnitsTest : public testing::Test {
 protected:
  AccessUnits units(AVCodecID codec) {
    AVStream* stream = avformat_new_stream(format_.get(), nullptr);
    stream->codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
    stream->codecpar->codec_id = codec;
    stream->time_base = {1, 90000};
    return AccessUnits(*stream);
  }

  FfmpegHandle<AVFormatContext> format_{avformat_alloc_context()};
};

const std::vector<uint8_t> first_slice = {0, 0, 0, 1, 0x41, 0x9a, 1, 2};
const std::vector<uint8_t> next_slice = {0, 0, 0, 1, 0x41, 0x1a, 1, 2};
const std::vector<uint8_t> rest = {9, 8, 7, 6, 5, 4, 3};
const std::vector<uint8_t> parameters = {0, 0, 0, 1, 0x67, 0x42, 0, 30};

TEST_F(AccessUnitsTest, TimeStampsTellPicturesApart) {
  AccessUnits units = this->units(AV_CODEC_ID_H264);
  EXPECT_TRUE(units.is_empty());
  EXPECT_TRUE(units.continues(*piece(first_slice, 0)));
  units.add(*piece(first_slice, 9000));
  EXPECT_TRUE(units.continues(*piece(rest, 9000)));
  units.add(*piece(rest, 9000));
  EXPECT_TRUE(units.continues(*piece(next_slice, 9100)));
  EXPECT_FALSE(units.continues(*piece(rest, 12600)));
  const auto unit = units.take();
  EXPECT_EQ(unit->size, 15);
  EXPECT_EQ(unit->pts, 9000);
  EXPECT_EQ(unit->data[8], 9);
  EXPECT_TRUE(units.is_empty());
}

TEST_F(AccessUnitsTest, StampsMayBeAsFarApartAsTheyLike) {
  AccessUnits units = this->units(AV_CODEC_ID_H264);
  units.add(*piece(first_slice, INT64_MAX));
  EXPECT_FALSE(units.continues(*piece(rest, INT64_MIN + 1)));
}

TEST_F(AccessUnitsTest, SoDoesWhatBeginsAPictureWhereTheClockStandsStill) {
  AccessUnits units = this->units(AV_CODEC_ID_H264);
  units.add(*piece(parameters, 0));
  EXPECT_TRUE(units.continues(*piece(first_slice, 0)));
  units.add(*piece(first_slice, 0));
  EXPECT_TRUE(units.continues(*piece(next_slice, 0)));
  EXPECT_FALSE(units.continues(*piece(first_slice, 0)));
  EXPECT_FALSE(units.continues(*piece(parameters, AV_NOPTS_VALUE)));
}

TEST_F(AccessUnitsTest, AndInH265) {
  AccessUnits units = this->units(AV_CODEC_ID_HEVC);
  units.add(*piece({0, 0, 0, 1, 0x40, 1, 0x0c, 1}, 0));  // VPS
  const std::vector<uint8_t> first = {0, 0, 0, 1, 0x26, 1, 0xaf, 1};
  EXPECT_TRUE(units.continues(*piece(first, 0)));
  units.add(*piece(first, 0));
  EXPECT_TRUE(units.continues(*piece({0, 0, 0, 1, 0x26, 1, 0x2f, 1}, 0)));
  EXPECT_FALSE(units.continues(*piece({0, 0, 0, 1, 0x02, 1, 0xd0, 1}, 0)));
}

}  // namespace
}  // namespace pose
