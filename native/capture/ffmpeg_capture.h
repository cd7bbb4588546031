#pragma once

#include "capture.h"
#include "capture_spec.h"

namespace pose {

/** Reads whatever FFmpeg's libraries read of it: `url`, and of the spec also
 *
 *   protocols     the only ones that may be used, as FFmpeg lists them
 *   formats       the only ones that are looked for; any where left out
 *   http_proxy    where HTTP requests go
 *   transport     of RTSP: tcp (the default), udp and udp_multicast, joined by +; in this order
 *   srt_passphrase, srt_streamid, srt_pbkeylen
 *   timeout_s     for how long it may be silent; by its own pace where left out (patience.h)
 *   usual_silence_s   that of its pace when it was read last
 *   max_pixels    of a picture; larger ones are refused before they are decoded
 *   decoder, render_nodes   as hardware_decoder.h has them
 *
 * Returns where it is to leave (capture.h). Throws CaptureError. */
void capture_by_ffmpeg(const CaptureSpec& spec, CaptureOutput& output);

}  // namespace pose
