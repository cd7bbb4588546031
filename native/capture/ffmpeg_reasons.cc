#include "ffmpeg_reasons.h"

#include <array>
#include <cctype>

#include "ffmpeg_handles.h"

namespace pose {
namespace {

/** RTSP's transports that were asked for, for people. */
std::string transports(const CaptureSpec& spec) {
  std::string text;
  for (const char sign : spec.text("transport")) {
    if (sign == '+')
      text += ", ";
    else
      text += sign == '_' ? ' ' : static_cast<char>(std::toupper(sign));
  }
  return text;
}

}  // namespace

std::string reason_of(int error) {
  switch (error) {
    case AVERROR_HTTP_UNAUTHORIZED:
      return "user or password is wrong (401)";
    case AVERROR_HTTP_FORBIDDEN:
      return "it does not let this user in (403)";
    case AVERROR_HTTP_NOT_FOUND:
      return "there is nothing at this path (404)";
    case AVERROR_HTTP_BAD_REQUEST:
    case AVERROR_HTTP_OTHER_4XX:
      return "it refuses the request (4xx)";
    case AVERROR_HTTP_SERVER_ERROR:
      return "it answers with an error of its own (5xx)";
    case AVERROR_INVALIDDATA:
      return "what it sends is no video that FFmpeg reads";
    case AVERROR_EOF:
      return "it ended the stream";
    default:
      break;
  }
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(error, text.data(), text.size());
  return text.data();
}

std::string refusal_of(int error, const CaptureSpec& spec) {
  const std::string& url = spec.text("url");
  const std::string scheme = url.substr(0, url.find(':'));
  if (error == AVERROR_PROTOCOL_NOT_FOUND) {
    return "the FFmpeg of this machine was built without " + scheme + "://";
  }
  if (error == AVERROR(EPROTONOSUPPORT)) return "it refuses RTSP over " + transports(spec) + " (461)";
  if (scheme == "srt") return "nobody answers by SRT, or it refuses the stream id or the passphrase";
  if (scheme == "rtmp") return "it gives no RTMP stream of this application and name";
  return reason_of(error);
}

}  // namespace pose
