#include "ffmpeg_capture.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "access_units.h"
#include "camera_clock.h"
#include "ffmpeg_handles.h"
#include "ffmpeg_reasons.h"
#include "hardware_decoder.h"
#include "pace.h"
#include "packet_arrivals.h"
#include "patience.h"
#include "sockets.h"
#include "video_stream.h"

namespace pose {
namespace {

/** Looking up, connecting and all that a server is asked before it sends; and, of streams that do not
 * describe themselves, until what they hold is known. */
constexpr double open_s = 10;
constexpr int64_t probe_bytes = 2 << 20;
constexpr int64_t probe_us = 5000000;
/** For telling a camera that nobody reads any more. */
constexpr double leave_s = 0.5;
/** For the first key frame, before what comes is shown without one: some cameras refresh their pictures bit
 * by bit. */
constexpr double key_frame_s = 12;
/** A camera as slow as this has sent a whole picture when nothing more comes for `whole_ms`: it must not wait
 * for the next one. */
constexpr double slow_s = 1;
constexpr int whole_ms = 500;

/** A clock that is wrong by more tells less than when a picture came. */
constexpr int64_t worst_clock_ns = 50000000;

double now_s() { return static_cast<double>(monotonic_ns()) * 1e-9; }

class FfmpegCapture {
 public:
  FfmpegCapture(const CaptureSpec& spec, CaptureOutput& output)
      : spec_(spec),
        output_(output),
        patience_(spec.number("timeout_s", 0), spec.number("usual_silence_s", Patience::unknown_pace_s)),
        hardware_(spec, [&output](const auto& name, const auto& why) { output.decoder(name, why); }),
        sender_(output) {}

  ~FfmpegCapture() {
    taking_leave_ = true;
    allow(now_s() + leave_s);
    input_.reset();
  }

  void run() {
    open();
    opened_s_ = last_data_s_ = last_picture_s_ = now_s();
    while (!is_leaving()) {
      read();
      output_.alive();
      if (now_s() - last_picture_s_ > patience_.without_picture_s()) miss_pictures();
    }
  }

 private:
  static std::string seconds(double value) { return std::to_string(static_cast<int>(value)) + " s"; }

  void miss_pictures() {
    const std::string missing = "data comes, but no picture in " + seconds(patience_.without_picture_s());
    if (!hardware_.give_up(missing)) {
      throw CaptureError(missing + ": it sends no key frame, or only damaged ones");
    }
    decode_in_software();
  }

  /** FFmpeg asks several times a second while it waits: whether to give up. */
  static int is_over(void* context) {
    auto& self = *static_cast<FfmpegCapture*>(context);
    self.output_.alive();
    if (now_s() > self.deadline_s_) self.is_late_ = true;
    return self.is_late_ || (is_leaving() && !self.taking_leave_) ? 1 : 0;
  }

  void allow(double until_s) {
    deadline_s_ = until_s;
    is_late_ = false;
  }

  /** What an error is called where it may only be that time was up. */
  std::string reason(int error, const std::string& late) const { return is_late_ ? late : reason_of(error); }

  void open() {
    AVFormatContext* context = avformat_alloc_context();
    if (context == nullptr) throw CaptureError("there is no memory");
    context->interrupt_callback = {is_over, this};
    context->flags |= AVFMT_FLAG_DISCARD_CORRUPT;
    context->probesize = probe_bytes;
    context->max_analyze_duration = probe_us;
    FfmpegOptions options;
    set_options(options);
    allow(now_s() + open_s);
    const auto before = open_sockets();
    // Frees the context where it fails.
    const int opened = avformat_open_input(&context, spec_.text("url").c_str(), nullptr, options.get());
    if (opened < 0)
      throw CaptureError(is_late_ ? "it does not answer within " + seconds(open_s)
                                  : refusal_of(opened, spec_));
    input_.reset(context);
    for (const int socket : open_sockets()) {
      if (!std::binary_search(before.begin(), before.end(), socket)) sockets_.push_back(socket);
    }
    if (!is_described()) find_streams();
    open_decoder();
  }

  void set_options(FfmpegOptions& options) const {
    options.set("protocol_whitelist", spec_.text("protocols").c_str());
    options.set("rtsp_transport", "tcp");
    const std::pair<const char*, const char*> given[] = {
        {"formats", "format_whitelist"},  {"http_proxy", "http_proxy"}, {"transport", "rtsp_transport"},
        {"srt_passphrase", "passphrase"}, {"srt_streamid", "streamid"}, {"srt_pbkeylen", "pbkeylen"}};
    for (const auto& [name, option] : given) {
      if (!spec_.text(name).empty()) options.set(option, spec_.text(name).c_str());
    }
    options.set("allowed_media_types", "video");
    // TCP before UDP; and by UDP nobody but the camera is listened to.
    options.set("rtsp_flags", "prefer_tcp+filter_src");
  }

  /** RTSP says what it sends: to read on until that is seen takes two pictures, or twenty seconds of them. */
  bool is_described() const {
    if (std::strcmp(input_->iformat->name, "rtsp") != 0) return false;
    for (unsigned i = 0; i < input_->nb_streams; ++i) {
      const AVCodecParameters& stream = *input_->streams[i]->codecpar;
      if (stream.codec_type == AVMEDIA_TYPE_VIDEO && stream.codec_id != AV_CODEC_ID_NONE) return true;
    }
    return false;
  }

  void find_streams() {
    allow(now_s() + open_s + patience_.silence_s());
    const int found = avformat_find_stream_info(input_.get(), nullptr);
    if (found < 0) throw CaptureError(reason(found, "it sends no video within " + seconds(open_s)));
  }

  void open_decoder() {
    index_ = choose_video(*input_);
    const AVStream& stream = *input_->streams[index_];
    make_decoder();
    sender_.follow(*input_, index_);
    const bool in_pieces =
        stream.codecpar->codec_id == AV_CODEC_ID_H264 || stream.codecpar->codec_id == AV_CODEC_ID_HEVC;
    if (in_pieces && is_described()) {
      units_.emplace(stream);
      input_->flags |= AVFMT_FLAG_NOPARSE;
    }
    const std::string format = input_->iformat->name;
    // RTSP sends recordings as a camera would.
    is_paced_ = format != "rtsp" && (input_->duration > 0 || format.find("hls") == 0 || format == "dash");
    packet_.reset(av_packet_alloc());
    frame_.reset(av_frame_alloc());
    if (!packet_ || !frame_) throw CaptureError("there is no memory");
  }

  void make_decoder() {
    DecoderOptions options;
    options.max_pixels =
        static_cast<int64_t>(spec_.number("max_pixels", static_cast<double>(options.max_pixels)));
    options.prepare = [this](AVCodecContext& decoder, const AVCodec& codec) {
      hardware_.set_up(decoder, codec);
    };
    decoder_ = pose::open_decoder(*input_->streams[index_], options);
  }

  /** After a graphics unit, from the next key frame on. */
  void decode_in_software() {
    make_decoder();
    has_key_frame_ = false;
    opened_s_ = last_picture_s_ = now_s();
  }

  /** Waits for data, and hands over what pictures it completes. */
  void read() {
    if (is_whole()) decode_unit();
    const double silence = patience_.silence_s();
    // Counted from the last data: a call may come back with nothing.
    allow(last_data_s_ + silence);
    const int got = av_read_frame(input_.get(), packet_.get());
    if (is_leaving()) return;
    // Also where something comes: what was left somewhere, and is old.
    if (is_late_) throw CaptureError("gave no data for " + seconds(silence) + hint());
    if (got == AVERROR(EAGAIN)) return;
    if (got == AVERROR_EOF) {
      if (units_ && !units_->is_empty()) decode_unit();
      decode(nullptr);  // what the decoder still holds
    }
    if (got < 0) throw CaptureError(reason_of(got));
    const int64_t at_ns = monotonic_ns();
    last_data_s_ = now_s();
    has_data_ = true;
    if (packet_->stream_index == index_) {
      if (units_) {
        add_piece(at_ns);
      } else {
        arrivals_.add(packet_->pts, at_ns);
        if (is_decodable(*packet_)) decode(packet_.get());
      }
    }
    av_packet_unref(packet_.get());
  }

  void add_piece(int64_t at_ns) {
    if (!units_->continues(*packet_)) decode_unit();
    if (units_->is_empty()) {
      const double began_s = static_cast<double>(at_ns) * 1e-9;
      interval_s_ = std::max(began_s - began_s_, stamped_s(unit_pts_, packet_->pts));
      began_s_ = began_s;
      unit_pts_ = packet_->pts;
      arrivals_.add(packet_->pts, at_ns);
    }
    units_->add(*packet_);
  }

  /** Also where it is not known yet how fast the camera is. */
  bool is_whole() const {
    if (!units_ || units_->is_empty() || interval_s_ < slow_s) return false;
    return !is_readable(sockets_, whole_ms);
  }

  void decode_unit() {
    const auto unit = units_->take();
    if (is_decodable(*unit)) decode(unit.get());
  }

  std::string hint() const {
    if (has_data_ || spec_.text("transport").find("udp") == std::string::npos) return "";
    return "; where it sends by UDP, that does not come through (a firewall, a router between)";
  }

  /** What comes before the first key frame gives pictures of grey. */
  bool is_decodable(const AVPacket& packet) {
    if ((packet.flags & AV_PKT_FLAG_KEY) != 0 || now_s() - opened_s_ > key_frame_s) has_key_frame_ = true;
    return has_key_frame_;
  }

  void decode(const AVPacket* packet) {
    int got = avcodec_send_packet(decoder_.get(), packet);
    while (got >= 0) {
      got = avcodec_receive_frame(decoder_.get(), frame_.get());
      if (got >= 0) got = hardware_.fetch(*frame_);
      if (got >= 0) show_picture();
      av_frame_unref(frame_.get());
    }
    // What is damaged, or too large, is passed over: the next key frame may be well.
    if (hardware_.has_failed(got)) decode_in_software();
  }

  void show_picture() {
    if (is_paced_) keep_pace(frame_->pts);
    last_picture_s_ = now_s();
    patience_.picture(last_picture_s_, stamped_s(picture_pts_, frame_->pts));
    picture_pts_ = frame_->pts;
    sender_.send(*frame_, time_of(frame_->pts));
  }

  /** From one picture to a later one by the camera's own clock, in seconds; 0 where that is not known. */
  double stamped_s(int64_t before, int64_t pts) const {
    if (before == AV_NOPTS_VALUE || pts == AV_NOPTS_VALUE || pts <= before) return 0;
    return (static_cast<double>(pts) - static_cast<double>(before)) * av_q2d(decoder_->pkt_timebase);
  }

  /** Waits until the picture is to be shown; that is when it was taken, too. */
  void keep_pace(int64_t pts) {
    if (pts == AV_NOPTS_VALUE) return;
    const double due_s = pace_.due_s(static_cast<double>(pts) * av_q2d(decoder_->pkt_timebase), now_s());
    while (now_s() < due_s && !is_leaving()) {
      output_.alive();
      av_usleep(static_cast<unsigned>(1e6 * std::clamp(due_s - now_s(), 0.0, 0.1)));
    }
    last_data_s_ = now_s();
    arrivals_.add(pts, monotonic_ns());
  }

  /** By the camera's clock, where that is good enough. */
  CaptureTime time_of(int64_t pts) {
    const CaptureTime arrival{arrivals_.of(pts), no_camera_clock};
    if (is_paced_ || pts == AV_NOPTS_VALUE) return arrival;
    constexpr AVRational nanoseconds{1, 1000000000};
    const int64_t stamp = av_rescale_q(pts, decoder_->pkt_timebase, nanoseconds);
    const int64_t captured = clock_.captured(stamp, arrival.captured_ns);
    return clock_.error() > worst_clock_ns ? arrival : CaptureTime{captured, clock_.error()};
  }

  const CaptureSpec& spec_;
  CaptureOutput& output_;
  Patience patience_;
  Arrivals arrivals_;
  CameraClock clock_;
  double deadline_s_ = 0;
  bool is_late_ = false;
  bool taking_leave_ = false;
  double opened_s_ = 0;
  double last_data_s_ = 0;
  Pace pace_;
  bool is_paced_ = false;
  double last_picture_s_ = 0;
  bool has_data_ = false;
  bool has_key_frame_ = false;
  std::vector<int> sockets_;
  std::optional<AccessUnits> units_;
  double began_s_ = std::numeric_limits<double>::quiet_NaN();  ///< of the picture that is coming
  double interval_s_ = began_s_;
  int64_t unit_pts_ = AV_NOPTS_VALUE;     ///< of the picture that is coming
  int64_t picture_pts_ = AV_NOPTS_VALUE;  ///< of the newest picture that was decoded
  FfmpegHandle<AVFormatContext> input_;
  HardwareDecoder hardware_;  ///< decoder_ refers to it
  FfmpegHandle<AVCodecContext> decoder_;
  FfmpegHandle<AVPacket> packet_;
  FfmpegHandle<AVFrame> frame_;
  PictureSender sender_;
  int index_ = -1;
};

}  // namespace

void capture_by_ffmpeg(const CaptureSpec& spec, CaptureOutput& output) {
  // It would write addresses, with their passwords.
  av_log_set_level(AV_LOG_QUIET);
  avformat_network_init();
  FfmpegCapture(spec, output).run();
}

}  // namespace pose
