#include "opencv_capture.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <string>
#include <thread>

#include "patience.h"

namespace pose {
namespace {

double now_s() { return static_cast<double>(monotonic_ns()) * 1e-9; }

/** OpenCV waits for a picture without end: a thread looks how long it has waited, and says what there is to
 * say. */
class Watch {
 public:
  Watch(CaptureOutput& output, const Patience& patience)
      : output_(output), patience_(patience), last_s_(now_s()), thread_([this] { look(); }) {}
  ~Watch() {
    done_ = true;
    thread_.join();
  }

  void picture() {
    const std::lock_guard<std::mutex> lock(mutex_);
    last_s_ = now_s();
    patience_.picture(last_s_);
  }

 private:
  void look() {
    while (!done_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      output_.alive();
      if (is_leaving()) std::_Exit(0);
      const std::lock_guard<std::mutex> lock(mutex_);
      if (now_s() - last_s_ <= patience_.silence_s()) continue;
      output_.failed("gave no picture for " + std::to_string(static_cast<int>(patience_.silence_s())) + " s");
      std::_Exit(1);
    }
  }

  CaptureOutput& output_;
  std::mutex mutex_;
  Patience patience_;
  double last_s_;
  std::atomic<bool> done_{false};
  std::thread thread_;
};

/** The rows of a BGR picture, whatever 8-bit picture there is. */
void write_bgr(const cv::Mat& picture, uint8_t* pixels) {
  cv::Mat bgr(picture.rows, picture.cols, CV_8UC3, pixels);
  if (picture.type() == CV_8UC3)
    picture.copyTo(bgr);
  else if (picture.type() == CV_8UC1)
    cv::cvtColor(picture, bgr, cv::COLOR_GRAY2BGR);
  else if (picture.type() == CV_8UC4)
    cv::cvtColor(picture, bgr, cv::COLOR_BGRA2BGR);
  else
    throw CaptureError("its pictures are neither grey nor of 8 bits a colour");
}

std::string encoding_of(const cv::VideoCapture& capture) {
  const auto code = static_cast<uint32_t>(capture.get(cv::CAP_PROP_FOURCC));
  std::string text;
  for (int shift = 0; shift < 32; shift += 8) {
    const auto letter = static_cast<char>((code >> shift) & 255);
    if (letter > ' ' && letter <= '~') text += letter;
  }
  return text;
}

/** `stamp_ms`: the driver's, which most of them take from CLOCK_MONOTONIC; 0 for none. */
void set_time(PictureInfo& info, double stamp_ms) {
  constexpr int64_t oldest_ns = 5000000000;
  info.captured_ns = monotonic_ns();
  const int64_t age_ns = info.captured_ns - static_cast<int64_t>(stamp_ms * 1e6);
  // Another clock tells another time.
  if (age_ns < 0 || age_ns > oldest_ns) return;
  info.captured_ns -= age_ns;
  info.clock_error_ns = 0;
}

bool open(cv::VideoCapture& capture, const CaptureSpec& spec) {
  if (spec.text("backend") == "gstreamer") return capture.open(spec.text("target"), cv::CAP_GSTREAMER);
  if (!capture.open(spec.text("target"), cv::CAP_V4L2)) return false;
  // A device that refuses one of these keeps its own value.
  capture.set(cv::CAP_PROP_FOURCC, cv::VideoWriter::fourcc('M', 'J', 'P', 'G'));
  const std::pair<const char*, int> wanted[] = {
      {"width", cv::CAP_PROP_FRAME_WIDTH}, {"height", cv::CAP_PROP_FRAME_HEIGHT}, {"fps", cv::CAP_PROP_FPS}};
  for (const auto& [name, property] : wanted) {
    if (!spec.text(name).empty()) capture.set(property, spec.number(name, 0));
  }
  // One queued picture instead of four: a late reader gets a fresh one.
  capture.set(cv::CAP_PROP_BUFFERSIZE, 1);
  return true;
}

}  // namespace

void capture_by_opencv(const CaptureSpec& spec, CaptureOutput& output) {
  Watch watch(output, Patience(spec.number("timeout_s", 0),
                               spec.number("usual_silence_s", Patience::unknown_pace_s)));
  cv::setNumThreads(1);
  cv::VideoCapture capture;
  if (!open(capture, spec)) throw CaptureError(spec.text("backend") + " does not open it");
  const double fps = capture.get(cv::CAP_PROP_FPS);
  const std::string encoding = encoding_of(capture);
  const bool by_v4l2 = spec.text("backend") == "v4l2";
  cv::Mat picture;
  for (uint64_t seq = 0; capture.read(picture); ++seq) {
    PictureInfo info;
    info.seq = seq;
    set_time(info, by_v4l2 ? capture.get(cv::CAP_PROP_POS_MSEC) : 0);
    info.width = picture.cols;
    info.height = picture.rows;
    watch.picture();
    output.format(info.width, info.height, fps > 0 ? fps : 0, encoding);
    if (picture_bytes(PixelFormat::bgr, info.width, info.height) > output.ring().slot_bytes()) {
      throw CaptureError("its pictures of " + std::to_string(info.width) + "x" + std::to_string(info.height) +
                         " are too large");
    }
    uint8_t* pixels = output.begin();
    if (pixels == nullptr) continue;
    write_bgr(picture, pixels);
    output.publish(info);
  }
  throw CaptureError("stopped giving pictures");
}

}  // namespace pose
