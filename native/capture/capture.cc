#include "capture.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace pose {
namespace {

constexpr int64_t second_ns = 1000000000;
/** Until it looks whether it is to leave, and says that it is alive. */
constexpr int wait_ms = 200;

volatile sig_atomic_t leaving = 0;

void say(std::string line) {
  std::replace(line.begin(), line.end(), '\n', ' ');
  line += '\n';
  for (size_t done = 0; done < line.size();) {
    const ssize_t wrote = write(STDOUT_FILENO, line.data() + done, line.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) std::_Exit(1);  // nobody reads it: there is no one left to work for
    done += static_cast<size_t>(wrote);
  }
}

}  // namespace

void CaptureOutput::format(const StreamFormat& format) {
  std::array<char, 128> text{};
  std::snprintf(text.data(), text.size(), "format %d %d %.3f %.32s %lld", format.width, format.height,
                format.fps, format.encoding.empty() ? "-" : format.encoding.c_str(),
                static_cast<long long>(format.frames));
  if (text.data() == format_) return;
  format_ = text.data();
  say(format_);
}

void CaptureOutput::decoder(const std::string& name, const std::string& why) {
  const std::string text = why.empty() ? "decoder " + name : "decoder " + name + " " + why;
  if (text == decoder_) return;
  decoder_ = text;
  say(decoder_);
}

uint8_t* CaptureOutput::begin() {
  const auto slot = ring_.begin();
  if (!slot) return nullptr;
  slot_ = *slot;
  return ring_.pixels(slot_);
}

uint8_t* CaptureOutput::begin_in_turn() {
  while (!is_leaving()) {
    if (const auto slot = ring_.begin_in_turn(wait_ms)) {
      slot_ = *slot;
      return ring_.pixels(slot_);
    }
    alive();
  }
  return nullptr;
}

void CaptureOutput::publish(const PictureInfo& info) {
  if (ring_.publish(slot_, info)) say("picture");
}

void CaptureOutput::decoded() { say("decoded"); }

void CaptureOutput::alive() {
  const int64_t now = monotonic_ns();
  if (now - said_ns_ < second_ns) return;
  said_ns_ = now;
  say("alive");
}

void CaptureOutput::ended() { say("ended"); }

void CaptureOutput::failed(const std::string& reason) { say("failed " + reason); }

bool is_leaving() { return leaving != 0; }

void leave_on_sigterm() {
  struct sigaction action {};
  action.sa_handler = [](int) { leaving = 1; };
  sigaction(SIGTERM, &action, nullptr);
}

int64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * second_ns + now.tv_nsec;
}

}  // namespace pose
