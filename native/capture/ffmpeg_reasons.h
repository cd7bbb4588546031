#pragma once

#include <string>

#include "capture_spec.h"

namespace pose {

/** What one of FFmpeg's errors means, for people. */
std::string reason_of(int error);

/** The same of the call that was to open what `spec` names. */
std::string refusal_of(int error, const CaptureSpec& spec);

}  // namespace pose
