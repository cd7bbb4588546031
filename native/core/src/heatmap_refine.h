#pragma once

#include "heatmap_blur.h"
#include "heatmap_map.h"
#include "pose/heatmap.h"

namespace pose {

/** How far a heatmap's maximum lies from the middle of the cell that holds it.
 *
 * `maximum` is that cell's value, above 0. {0, 0} where the expansion gives no number, or a place farther
 * off than any map is wide. `blur` is needed by `dark` and `dark_udp` alone. */
HeatmapOffset refine_maximum(HeatmapRefine refine, const HeatmapView& map, const HeatmapCell& cell,
                             float maximum, HeatmapBlur& blur);

}  // namespace pose
