#include "hardware_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {
#include <libavutil/hwcontext.h>
}

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "capture.h"

namespace pose {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::string_literals;

CaptureSpec spec_of(const std::string& decoder, const std::string& folder) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const std::string bytes = "decoder\0"s + decoder + "\0render_nodes\0"s + folder + "\0\0"s;
  EXPECT_EQ(write(ends[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  close(ends[1]);
  auto spec = CaptureSpec::read(ends[0]);
  close(ends[0]);
  return spec.value();
}

/** A folder as /dev/dri, whose units are /dev/null, and a driver that is as wished. */
class HardwareDecoderTest : public testing::Test {
 protected:
  HardwareDecoderTest() {
    std::string name = testing::TempDir() + "driXXXXXX";
    folder_ = mkdtemp(name.data());
  }

  ~HardwareDecoderTest() override {
    for (const std::string& node : nodes_) unlink(node.c_str());
    rmdir(folder_.c_str());
  }

  std::string add_node(const std::string& name) {
    nodes_.push_back(folder_ + "/" + name);
    EXPECT_EQ(symlink("/dev/null", nodes_.back().c_str()), 0);
    return nodes_.back();
  }

  HardwareDecoder decoder(const std::string& asked, HardwareDecoder::Opener open) {
    return HardwareDecoder(
        spec_of(asked, folder_),
        [this](const std::string& name, const std::string& why) {
          told_.push_back(name + (why.empty() ? "" : " " + why));
        },
        [this, open = std::move(open)](const std::string& node) {
          opened_.push_back(node);
          return open(node);
        });
  }

  static FfmpegHandle<AVBufferRef> no_driver(const std::string&) { return nullptr; }

  /** One whose driver takes no stream: libva says so of a display that is none. */
  static FfmpegHandle<AVBufferRef> poor_driver(const std::string&) {
    return FfmpegHandle<AVBufferRef>(av_hwdevice_ctx_alloc(AV_HWDEVICE_TYPE_VAAPI));
  }

  static const AVCodec& codec(AVCodecID id = AV_CODEC_ID_H264) { return *avcodec_find_decoder(id); }

  void set_up(HardwareDecoder& hardware, AVCodecID id = AV_CODEC_ID_H264) {
    context_.reset(avcodec_alloc_context3(&codec(id)));
    hardware.set_up(*context_, codec(id));
  }

  std::string refusal(HardwareDecoder hardware, AVCodecID id = AV_CODEC_ID_H264) {
    try {
      set_up(hardware, id);
    } catch (const CaptureError& error) {
      return error.what();
    }
    return "";
  }

  /** Pictures of the sample clip's first `packets`; stops where the unit is given up. */
  int decode_sample(HardwareDecoder& hardware, int packets) {
    AVFormatContext* opened = nullptr;
    EXPECT_EQ(avformat_open_input(&opened, SAMPLE_CLIP, nullptr, nullptr), 0);
    const FfmpegHandle<AVFormatContext> input(opened);
    const AVCodecParameters& stream = *input->streams[0]->codecpar;
    context_.reset(avcodec_alloc_context3(&codec(stream.codec_id)));
    EXPECT_GE(avcodec_parameters_to_context(context_.get(), &stream), 0);
    context_->thread_count = 1;
    hardware.set_up(*context_, codec(stream.codec_id));
    EXPECT_EQ(avcodec_open2(context_.get(), nullptr, nullptr), 0);
    const FfmpegHandle<AVPacket> packet(av_packet_alloc());
    const FfmpegHandle<AVFrame> frame(av_frame_alloc());
    int pictures = 0;
    for (int i = 0; i < packets && av_read_frame(input.get(), packet.get()) >= 0; ++i) {
      int got = avcodec_send_packet(context_.get(), packet.get());
      av_packet_unref(packet.get());
      while (got >= 0) {
        got = avcodec_receive_frame(context_.get(), frame.get());
        if (got >= 0) got = hardware.fetch(*frame);
        if (got >= 0) ++pictures;
      }
      if (hardware.has_failed(got)) break;
    }
    return pictures;
  }

  std::string folder_;
  std::vector<std::string> nodes_;
  std::vector<std::string> told_;
  std::vector<std::string> opened_;
  FfmpegHandle<AVCodecContext> context_;
};

TEST_F(HardwareDecoderTest, WithoutAUnitNoDriverIsLookedFor) {
  HardwareDecoder hardware = decoder("auto", poor_driver);
  set_up(hardware);
  EXPECT_EQ(context_->hw_device_ctx, nullptr);
  EXPECT_THAT(told_, ElementsAre("software"));
  EXPECT_TRUE(opened_.empty());
  EXPECT_FALSE(hardware.has_failed(AVERROR(EIO))) << "nothing of it is a unit's failure";
}

TEST_F(HardwareDecoderTest, SoftwareLeavesAUnitAlone) {
  add_node("renderD128");
  for (const char* asked : {"software", ""}) {
    HardwareDecoder hardware = decoder(asked, poor_driver);
    set_up(hardware);
    EXPECT_EQ(context_->hw_device_ctx, nullptr);
  }
  EXPECT_THAT(told_, ElementsAre("software", "software"));
  EXPECT_TRUE(opened_.empty());
}

TEST_F(HardwareDecoderTest, TakesTheFirstUnitThatHasADriver) {
  const std::string second = add_node("renderD129");
  const std::string first = add_node("renderD128");
  add_node("card0");
  HardwareDecoder hardware =
      decoder("auto", [&](const std::string& node) { return node == first ? nullptr : poor_driver(node); });
  set_up(hardware);
  EXPECT_NE(context_->hw_device_ctx, nullptr);
  EXPECT_THAT(opened_, ElementsAre(first, second));
  EXPECT_EQ(told_.back(), "vaapi");
}

TEST_F(HardwareDecoderTest, WithoutADriverItIsToldWhatIsMissing) {
  const std::string node = add_node("renderD128");
  HardwareDecoder hardware = decoder("auto", no_driver);
  set_up(hardware);
  EXPECT_EQ(context_->hw_device_ctx, nullptr);
  ASSERT_THAT(told_, ElementsAre("vaapi", HasSubstr("software " + node + " has no driver for VAAPI")));
  set_up(hardware);
  EXPECT_EQ(opened_.size(), 1U) << "it is not tried again";
}

TEST_F(HardwareDecoderTest, WhatWasAskedForAndCannotBeIsAnError) {
  EXPECT_THAT(refusal(decoder("vaapi", poor_driver)),
              HasSubstr("no graphics unit (" + folder_ + "/renderD*)"));
  const std::string node = add_node("renderD128");
  EXPECT_THAT(refusal(decoder("vaapi", no_driver)), HasSubstr("install intel-media-va-driver"));
  EXPECT_THAT(refusal(decoder("vaapi", poor_driver), AV_CODEC_ID_GIF),
              HasSubstr("FFmpeg has no VAAPI for gif"));
  EXPECT_THAT(refusal(decoder("vaapi", no_driver)), HasSubstr(", or set decoder: auto"));
  unlink(node.c_str());
  std::ofstream(node) << "no device";
  EXPECT_THAT(refusal(decoder("vaapi", poor_driver)), HasSubstr(node + " is no device"));
  EXPECT_EQ(opened_.size(), 2U);
}

TEST_F(HardwareDecoderTest, AUnitOfOthersIsToldWithTheGroupThatMayOpenIt) {
  const std::string node = folder_ + "/renderD128";
  if (mknod(node.c_str(), S_IFCHR, makedev(1, 3)) != 0) GTEST_SKIP() << "nobody here makes devices";
  nodes_.push_back(node);
  ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
  const pid_t child = fork();
  if (child == 0) {
    if (setuid(65534) != 0) _exit(2);
    const std::string told = refusal(decoder("vaapi", poor_driver));
    _exit(told.find("may not open " + node + ": add it to the group render") != std::string::npos ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(HardwareDecoderTest, FfmpegItselfTakesNothingElseForAUnit) {
  add_node("renderD128");
  HardwareDecoder hardware(spec_of("vaapi", folder_), [](const auto&, const auto&) {});
  EXPECT_THROW(set_up(hardware), CaptureError);
}

TEST_F(HardwareDecoderTest, AStreamThatTheDriverDoesNotTakeIsDecodedInSoftwareWithoutALoss) {
  add_node("renderD128");
  HardwareDecoder software = decoder("software", no_driver);
  const int pictures = decode_sample(software, 40);
  EXPECT_GT(pictures, 20);
  HardwareDecoder hardware = decoder("auto", poor_driver);
  EXPECT_EQ(decode_sample(hardware, 40), pictures);
  EXPECT_THAT(
      told_, ElementsAre("software", "vaapi", HasSubstr("software the graphics unit does not decode h264 ")));
}

TEST_F(HardwareDecoderTest, WhereVaapiWasAskedForItIsAnError) {
  add_node("renderD128");
  HardwareDecoder hardware = decoder("vaapi", poor_driver);
  EXPECT_THROW(decode_sample(hardware, 40), CaptureError);
}

TEST_F(HardwareDecoderTest, AUnitThatFailsIsGivenUpAndADamagedStreamIsNoFailure) {
  add_node("renderD128");
  HardwareDecoder hardware = decoder("auto", poor_driver);
  set_up(hardware);
  for (const int error : {AVERROR_INVALIDDATA, AVERROR(EAGAIN), AVERROR_EOF, AVERROR(EINVAL), 0}) {
    EXPECT_FALSE(hardware.has_failed(error)) << error;
  }
  const FfmpegHandle<AVFrame> frame(av_frame_alloc());
  frame->format = AV_PIX_FMT_VAAPI;
  EXPECT_TRUE(hardware.has_failed(hardware.fetch(*frame)));
  EXPECT_THAT(told_.back(), HasSubstr("software the graphics unit has failed"));
  set_up(hardware);
  EXPECT_EQ(context_->hw_device_ctx, nullptr);
  EXPECT_FALSE(hardware.give_up("it gives nothing")) << "there is nothing left to give up";
  HardwareDecoder asked = decoder("vaapi", poor_driver);
  set_up(asked);
  EXPECT_THROW(asked.has_failed(AVERROR(EIO)), CaptureError);
}

}  // namespace
}  // namespace pose
