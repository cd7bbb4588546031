#pragma once

#include <memory>

#include "pose/instances.h"
#include "pose/tensor.h"

namespace pose {

/** How a heatmap's maximum is refined below its cells. */
enum class HeatmapRefine {
  quarter,   ///< a quarter of a cell towards the greater neighbour (mmpose, MSRA codec)
  dark,      ///< Taylor expansion of the blurred log heatmap (DARK, Zhang et al. 2020; mmpose, MSRA codec
             ///< with unbiased decoding)
  dark_udp,  ///< the same over steps of one cell, and unbiased coordinates (UDP, Huang et al. 2020; mmpose,
             ///< UDP codec)
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
 *  `people_net` gets N instances of K keypoints in network-input pixels of their crop: the first maximum of
 * each heatmap, refined, times the stride; for `dark_udp` times stride * W / (W - 1), y alike. A heatmap
 * whose maximum is not above 0 makes no keypoint. Cells that are not finite are no maxima; where they, or a
 * vanishing curvature, leave a refinement without a number or farther off than kHeatmapMaxMapSide cells, the
 * middle of the maximum's cell stands. raw_score is the mean of all maxima as the references give them, 0 for
 * a heatmap without a finite cell; keypoints' scores are their maxima limited to 1, and score is the mean of
 * those present.
 *
 *  The references blur whole heatmaps for `dark` and `dark_udp`; this does it only around the maximum, unless
 * the limits that they set to the blurred values (1e-10; 1e-3 and 50) bear on the cells that are looked at.
 *
 *  Throws std::invalid_argument for shapes, missing data and options out of range. Allocates nothing once
 * arena and `people_net` have seen a frame of the same size and options. */
void decode_heatmaps(const TensorView& heatmaps, const HeatmapOptions& options, HeatmapArena& arena,
                     Instances& people_net);

}  // namespace pose
