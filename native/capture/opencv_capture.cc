#include "opencv_capture.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
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

  /** Nothing is expected of OpenCV until the next call of go_on(). */
  void pause() { paused_ = true; }
  void go_on() {
    const std::lock_guard<std::mutex> lock(mutex_);
    last_s_ = now_s();
    paused_ = false;
  }

 private:
  void look() {
    while (!done_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      output_.alive();
      if (is_leaving()) std::_Exit(0);
      const std::lock_guard<std::mutex> lock(mutex_);
      if (paused_ || now_s() - last_s_ <= patience_.silence_s()) continue;
      output_.failed("gave no picture for " + std::to_string(static_cast<int>(patience_.silence_s())) + " s");
      std::_Exit(1);
    }
  }

  CaptureOutput& output_;
  std::mutex mutex_;
  Patience patience_;
  double last_s_;
  std::atomic<bool> paused_{false};
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

/** What a capture gives until it gives no more. */
class OpencvCapture {
 public:
  OpencvCapture(const CaptureSpec& spec, CaptureOutput& output)
      : spec_(spec),
        output_(output),
        is_recording_(spec.number("recording", 0) != 0),
        watch_(output, Patience(spec.number("timeout_s", 0),
                                spec.number("usual_silence_s", Patience::unknown_pace_s))) {}

  void run() {
    const bool loop = spec_.number("loop", 0) != 0;
    do {
      if (read_through() == 0 || !is_recording_) throw CaptureError("stopped giving pictures");
    } while (loop);
    output_.ended();
  }

 private:
  /** Opens it, and hands over what it gives; returns how many pictures that were. */
  uint64_t read_through() {
    cv::VideoCapture capture;
    if (!open(capture, spec_)) throw CaptureError(spec_.text("backend") + " does not open it");
    const double fps = std::max(0.0, capture.get(cv::CAP_PROP_FPS));
    const double frames = is_recording_ ? std::max(0.0, capture.get(cv::CAP_PROP_FRAME_COUNT)) : 0;
    const std::string encoding = encoding_of(capture);
    const bool by_v4l2 = spec_.text("backend") == "v4l2";
    const uint64_t begin = seq_;
    cv::Mat picture;
    for (; capture.read(picture); ++seq_) {
      PictureInfo info;
      info.seq = seq_;
      set_time(info, by_v4l2 ? capture.get(cv::CAP_PROP_POS_MSEC) : 0);
      info.width = picture.cols;
      info.height = picture.rows;
      watch_.picture();
      output_.format({info.width, info.height, fps, encoding, std::llround(frames)});
      hand_over(picture, info);
    }
    return seq_ - begin;
  }

  void hand_over(const cv::Mat& picture, const PictureInfo& info) {
    if (picture_bytes(PixelFormat::bgr, info.width, info.height) > output_.ring().slot_bytes()) {
      throw CaptureError("its pictures of " + std::to_string(info.width) + "x" + std::to_string(info.height) +
                         " are too large");
    }
    uint8_t* pixels = begin_picture();
    if (pixels == nullptr) return;
    write_bgr(picture, pixels);
    output_.publish(info);
  }

  uint8_t* begin_picture() {
    if (!is_recording_) return output_.begin();
    watch_.pause();
    uint8_t* pixels = output_.begin_in_turn();
    watch_.go_on();
    return pixels;
  }

  const CaptureSpec& spec_;
  CaptureOutput& output_;
  const bool is_recording_;
  Watch watch_;
  uint64_t seq_ = 0;
};

}  // namespace

void capture_by_opencv(const CaptureSpec& spec, CaptureOutput& output) {
  cv::setNumThreads(1);
  OpencvCapture(spec, output).run();
}

}  // namespace pose
