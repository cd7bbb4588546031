#pragma once

// OpenVINO is not built with ThreadSanitizer, which therefore does not see how it hands work from one thread
// to another and waits for it. These say what it promises; without the sanitizer they are nothing.
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace pose {

/** What this thread has done until now comes before what another does after `happens_after(place)`. */
inline void happens_before(void* place) {
#if defined(__SANITIZE_THREAD__)
  __tsan_release(place);
#else
  static_cast<void>(place);
#endif
}

inline void happens_after(void* place) {
#if defined(__SANITIZE_THREAD__)
  __tsan_acquire(place);
#else
  static_cast<void>(place);
#endif
}

}  // namespace pose
