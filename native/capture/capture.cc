#include "capture.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace pose {
namespace {

constexpr int64_t second_ns = 1000000000;

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

void CaptureOutput::format(int width, int height, double fps, const std::string& encoding) {
  char text[96];
  std::snprintf(text, sizeof(text), "format %d %d %.3f %.32s", width, height, fps,
                encoding.empty() ? "-" : encoding.c_str());
  if (text == format_) return;
  format_ = text;
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
