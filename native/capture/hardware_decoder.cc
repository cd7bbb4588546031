#include "hardware_decoder.h"

extern "C" {
#include <libavutil/hwcontext.h>
#include <libavutil/pixdesc.h>
}

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "capture.h"
#include "ffmpeg_reasons.h"

namespace pose {
namespace {

std::vector<std::string> render_nodes(const std::string& folder) {
  std::vector<std::string> nodes;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(opendir(folder.c_str()), closedir);
  if (!entries) return nodes;
  while (const dirent* entry = readdir(entries.get())) {
    const std::string name = entry->d_name;
    if (name.rfind("renderD", 0) == 0) nodes.push_back(folder + "/" + name);
  }
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

bool has_vaapi(const AVCodec& codec) {
  for (int i = 0;; ++i) {
    const AVCodecHWConfig* way = avcodec_get_hw_config(&codec, i);
    if (way == nullptr) return false;
    if (way->device_type == AV_HWDEVICE_TYPE_VAAPI &&
        (way->methods & AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX) != 0) {
      return true;
    }
  }
}

bool is_device(const std::string& node) {
  struct stat status {};
  return stat(node.c_str(), &status) == 0 && S_ISCHR(status.st_mode);
}

CaptureError refused(const std::string& why) {
  return CaptureError("VAAPI cannot decode it: " + why + ", or set decoder: auto");
}

}  // namespace

HardwareDecoder::HardwareDecoder(const CaptureSpec& spec, Teller tell, Opener open)
    : asked_(spec.text("decoder")),
      folder_(spec.text("render_nodes").empty() ? "/dev/dri" : spec.text("render_nodes")),
      tell_(std::move(tell)),
      open_(std::move(open)) {
  if (asked_.empty()) asked_ = "software";
}

FfmpegHandle<AVBufferRef> HardwareDecoder::open_vaapi(const std::string& node) {
  AVBufferRef* device = nullptr;
  av_hwdevice_ctx_create(&device, AV_HWDEVICE_TYPE_VAAPI, node.c_str(), nullptr, 0);
  return FfmpegHandle<AVBufferRef>(device);
}

void HardwareDecoder::set_up(AVCodecContext& decoder, const AVCodec& codec) {
  if (asked_ == "software") return use_software("");
  const auto nodes = render_nodes(folder_);
  // Most machines have none, and nothing is to be said of that.
  if (nodes.empty() && asked_ == "auto") return use_software("");
  const std::string why = open_device(nodes, codec);
  if (!device_) {
    if (asked_ == "vaapi") throw refused(why);
    return use_software(why);
  }
  decoder.hw_device_ctx = av_buffer_ref(device_.get());
  decoder.opaque = this;
  decoder.get_format = choose;
}

std::string HardwareDecoder::open_device(const std::vector<std::string>& nodes, const AVCodec& codec) {
  if (nodes.empty()) {
    return "there is no graphics unit (" + folder_ + "/renderD*): load its kernel driver";
  }
  if (!has_vaapi(codec))
    return std::string("FFmpeg has no VAAPI for ") + codec.name + ": set another codec in the camera";
  std::string why;
  for (const std::string& node : nodes) {
    if (!is_device(node)) {
      why = node + " is no device: see what has made it";
    } else if (access(node.c_str(), R_OK | W_OK) != 0) {
      why = "this user may not open " + node + ": add it to the group render";
    } else {
      // Said before: what crashes in the driver is known by it.
      tell_("vaapi", "");
      device_ = open_(node);
      if (device_) return "";
      why = node + " has no driver for VAAPI that works: install intel-media-va-driver or mesa-va-drivers";
    }
  }
  return why;
}

/** FFmpeg asks again, without VAAPI, where the driver does not take the stream. */
AVPixelFormat HardwareDecoder::choose(AVCodecContext* decoder, const AVPixelFormat* offered) {
  auto& self = *static_cast<HardwareDecoder*>(decoder->opaque);
  AVPixelFormat software = AV_PIX_FMT_NONE;
  for (const AVPixelFormat* format = offered; *format != AV_PIX_FMT_NONE; ++format) {
    if (*format == AV_PIX_FMT_VAAPI && self.device_) return *format;
    if ((av_pix_fmt_desc_get(*format)->flags & AV_PIX_FMT_FLAG_HWACCEL) == 0) software = *format;
  }
  if (!self.device_) return software;
  const char* profile = avcodec_profile_name(decoder->codec_id, decoder->profile);
  const std::string why = std::string("the graphics unit does not decode ") +
                          avcodec_get_name(decoder->codec_id) + (profile == nullptr ? "" : " ") +
                          (profile == nullptr ? "" : profile) + " of " + std::to_string(decoder->width) +
                          "x" + std::to_string(decoder->height) + ": set another codec or size in the camera";
  if (self.asked_ == "vaapi") {
    self.refusal_ = why;  // nothing may be thrown through FFmpeg
    return AV_PIX_FMT_NONE;
  }
  self.use_software(why);
  return software;
}

int HardwareDecoder::fetch(AVFrame& frame) {
  if (frame.format != AV_PIX_FMT_VAAPI) return 0;
  if (!fetched_) fetched_.reset(av_frame_alloc());
  if (!fetched_) return AVERROR_EXTERNAL;
  av_frame_unref(fetched_.get());
  // FFmpeg takes for granted that a picture has its pool.
  int got =
      frame.hw_frames_ctx == nullptr ? AVERROR_EXTERNAL : av_hwframe_transfer_data(fetched_.get(), &frame, 0);
  if (got >= 0) got = av_frame_copy_props(fetched_.get(), &frame);
  // Of pictures on a unit only the right and the bottom are cut off.
  if (got >= 0) got = av_frame_apply_cropping(fetched_.get(), AV_FRAME_CROP_UNALIGNED);
  if (got < 0) return AVERROR_EXTERNAL;
  av_frame_unref(&frame);
  av_frame_move_ref(&frame, fetched_.get());
  return 0;
}

bool HardwareDecoder::has_failed(int error) {
  if (!refusal_.empty()) throw refused(refusal_);
  switch (error) {
    case AVERROR(EIO):
    case AVERROR(ENOMEM):
    case AVERROR(ENOSYS):
    case AVERROR_EXTERNAL:
    case AVERROR_UNKNOWN:
      return give_up("the graphics unit has failed (" + reason_of(error) + "): look at the kernel's log");
    default:
      return false;
  }
}

bool HardwareDecoder::give_up(const std::string& why) {
  if (!device_) return false;
  if (asked_ == "vaapi") throw refused(why);
  use_software(why);
  return true;
}

void HardwareDecoder::use_software(const std::string& why) {
  asked_ = "software";
  device_.reset();
  tell_("software", why);
}

}  // namespace pose
