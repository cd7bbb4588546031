#pragma once

#include <memory>

#include "pose/instances.h"
#include "pose/tensor.h"

namespace pose {

/** How a heatmap's maximum is refined below its cells. */
enum class HeatmapRefine {
  quarter,   ///< a quarter of a cell towards the greater neighbour (mmpose, MSRA codec)
  dark,      ///< Taylor expansion of the blurred log heatmap (mmpose, MSRA codec with unbiased decoding)
  dark_udp,  ///< the same with whole Hessian and unbiased coordinates (mmpose, UDP codec)
  alphapose  ///< AlphaPose's heatmap_to_coord_simple: as quarter, but at no border
};

struct HeatmapOptions {
  HeatmapRefine refine = HeatmapRefine::quarter;
  int stride = 4;        ///< network-input pixels a map cell; at least 1
  int blur_kernel = 11;  ///< of `dark` and `dark_udp`, cells; odd, 3..31
};

constexpr int kHeatmapMaxMapSide = 1024;
constexpr int kHeatmapMaxKeypoints = 256;
constexpr int kHeatmapMaxBatch = 256;

/** Working memory of decode_heatmaps(), reused from frame to frame. One a thread. */
class HeatmapArena {
 public:
  struct Buffers;

  HeatmapArena();
  ~HeatmapArena();
  HeatmapArena(HeatmapArena&&) noexcept;
  HeatmapArena& operator=(HeatmapArena&&) noexcept;

  Buffers& buffers() { return *buffers_; }

 private:
  std::unique_ptr<Buffers> buffers_;
};

/** Keypoints a person. Throws std::invalid_argument, with what was expected and found, unless `heatmaps` is
 *  [N, K, H, W]. */
int check_heatmap_shape(const Shape& heatmaps);

/** Keypoints of N crops with one person each: the maximum of every heatmap, refined.
 *
 *  `people_net` gets N instances of K keypoints in network-input pixels of their crop, each with its maximum
 * as score; a heatmap whose maximum is not above 0 makes no keypoint. raw_score is the mean of all maxima as
 * the references give them, score that of the present keypoints, limited to [0, 1].
 *
 *  Throws std::invalid_argument for shapes, missing data and options out of range. Allocates nothing once
 * arena and `people_net` have seen a frame of the same size. */
void decode_heatmaps(const TensorView& heatmaps, const HeatmapOptions& options, HeatmapArena& arena,
                     Instances& people_net);

}  // namespace pose
