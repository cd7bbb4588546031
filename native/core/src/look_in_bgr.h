#pragma once

#include "pose/estimator.h"

namespace pose {

/** What a frame's view shows, for networks that take their pictures from several places of it: crops read
 * BGR. */
inline ImageView look_in_bgr(const Frame& frame, UprightPicture& upright) {
  return frame.has_planes() ? upright.look_in_bgr(frame.planes, frame.view)
                            : upright.look(frame.image, frame.view);
}

}  // namespace pose
