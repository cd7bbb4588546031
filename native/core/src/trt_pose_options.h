#pragma once

#include <vector>

#include "pose/trt_pose.h"

namespace pose {

/** The links to go by: trt_pose's where the options name none. */
const std::vector<TrtPoseLink>& trt_pose_links(const TrtPoseOptions& options);

/** Throws std::invalid_argument, with what was expected and found, for options out of range, links included.
 */
void check_trt_pose_options(const TrtPoseOptions& options);

}  // namespace pose
