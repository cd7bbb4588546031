#include "heatmap_refine.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pose {
namespace {

constexpr float kQuarter = 0.25F;

/** A quarter of a cell towards the greater neighbour; none where they are equal or one is NaN. */
float towards_greater(float before, float after) {
  if (after > before) return kQuarter;
  return after < before ? -kQuarter : 0.0F;
}

HeatmapOffset refine_by_quarter(const HeatmapView& map, const HeatmapCell& cell, bool one_by_one) {
  const auto [x, y] = cell;
  const bool inside_x = x > 1 && x < map.width - 1;
  const bool inside_y = y > 1 && y < map.height - 1;
  HeatmapOffset offset;
  if (one_by_one ? inside_x && y > 0 : inside_x && inside_y) {
    offset.x_map = towards_greater(map.at(x - 1, y), map.at(x + 1, y));
  }
  if (one_by_one ? inside_y && x > 0 : inside_x && inside_y) {
    offset.y_map = towards_greater(map.at(x, y - 1), map.at(x, y + 1));
  }
  return offset;
}

/** Logarithms of blurred cells around the maximum. */
class LogPatch {
 public:
  /** Limits of the blurred cells, once the map is scaled back to the maximum that it had before. */
  struct Limits {
    float low;
    float high;
  };

  LogPatch(const BlurredPatch& blurred, int reach) : blurred_(blurred), reach_(reach) {}

  /** `least` is the least of the cells that are asked for.
   *
   * The scale is the same for all cells, so that it adds the same to every logarithm and no derivative sees
   * it. It is at least 1, because no blurred cell is above the map's maximum: where the least cell is above
   * the lower limit and the maximum below the upper one, nothing is limited and no scale is needed. */
  void limit(float least, const Limits& limits, const HeatmapView& map, float maximum, HeatmapBlur& blur) {
    constexpr float kRounding = 1.0001F;  // far more than the roundings of 62 sums
    if (least > kRounding * limits.low && kRounding * maximum < limits.high) return;
    limits_ = limits;
    scale_ = maximum / blur.blurred_maximum(map);
  }

  float blurred(int dx, int dy) const {
    return blurred_[static_cast<size_t>(reach_ + dy)][static_cast<size_t>(reach_ + dx)];
  }
  float log(int dx, int dy) const {
    // In this order NaN stays NaN.
    return std::log(std::min(std::max(blurred(dx, dy) * scale_, limits_.low), limits_.high));
  }

 private:
  const BlurredPatch& blurred_;
  int reach_;
  Limits limits_{0.0F, std::numeric_limits<float>::infinity()};
  float scale_ = 1.0F;
};

/** Of the logarithm of the blurred map, at the cell. */
struct Derivatives {
  double dx;
  double dy;
  double dxx;
  double dxy;
  double dyy;
};

/** Where the second-order expansion has its maximum. */
HeatmapOffset solve(const Derivatives& d) {
  const double determinant = d.dxx * d.dyy - d.dxy * d.dxy;
  const double x_map = (d.dxy * d.dy - d.dyy * d.dx) / determinant;
  const double y_map = (d.dxy * d.dx - d.dxx * d.dy) / determinant;
  // Written so that NaN fails; a determinant of 0 gives NaN or an infinity.
  if (!(std::abs(x_map) < kHeatmapMaxMapSide && std::abs(y_map) < kHeatmapMaxMapSide)) return {};
  return {static_cast<float>(x_map), static_cast<float>(y_map)};
}

HeatmapOffset refine_dark(const HeatmapView& map, const HeatmapCell& cell, float maximum, HeatmapBlur& blur) {
  const auto [x, y] = cell;
  if (x <= 1 || x >= map.width - 2 || y <= 1 || y >= map.height - 2) return {};
  BlurredPatch blurred;
  blur.blur_around(map, cell, 2, blurred);
  LogPatch patch(blurred, 2);
  float least = patch.blurred(0, 0);
  for (int dy = -1; dy <= 1; ++dy) {
    for (int dx = -1; dx <= 1; ++dx) least = std::min(least, patch.blurred(dx, dy));
  }
  for (const int step : {-2, 2}) least = std::min({least, patch.blurred(step, 0), patch.blurred(0, step)});
  patch.limit(least, {1e-10F, std::numeric_limits<float>::infinity()}, map, maximum, blur);

  const double here = patch.log(0, 0);
  Derivatives d{};
  d.dx = 0.5 * (patch.log(1, 0) - patch.log(-1, 0));
  d.dy = 0.5 * (patch.log(0, 1) - patch.log(0, -1));
  d.dxx = 0.25 * (patch.log(2, 0) - 2.0 * here + patch.log(-2, 0));
  d.dyy = 0.25 * (patch.log(0, 2) - 2.0 * here + patch.log(0, -2));
  d.dxy = 0.25 * (patch.log(1, 1) - patch.log(1, -1) - patch.log(-1, 1) + patch.log(-1, -1));
  return solve(d);
}

HeatmapOffset refine_dark_udp(const HeatmapView& map, const HeatmapCell& cell, float maximum,
                              HeatmapBlur& blur) {
  BlurredPatch blurred;
  blur.blur_around(map, cell, 1, blurred);
  LogPatch patch(blurred, 1);
  // Neighbours beyond the border are the border's own cells.
  const int left = cell.x_map > 0 ? -1 : 0;
  const int right = cell.x_map < map.width - 1 ? 1 : 0;
  const int up = cell.y_map > 0 ? -1 : 0;
  const int down = cell.y_map < map.height - 1 ? 1 : 0;
  float least = patch.blurred(0, 0);
  for (const HeatmapCell& d :
       {HeatmapCell{left, 0}, {right, 0}, {0, up}, {0, down}, {left, up}, {right, down}}) {
    least = std::min(least, patch.blurred(d.x_map, d.y_map));
  }
  patch.limit(least, {1e-3F, 50.0F}, map, maximum, blur);

  const double here = patch.log(0, 0);
  const double x_before = patch.log(left, 0);
  const double x_after = patch.log(right, 0);
  const double y_before = patch.log(0, up);
  const double y_after = patch.log(0, down);
  constexpr double kEpsilon = std::numeric_limits<float>::epsilon();
  Derivatives d{};
  d.dx = 0.5 * (x_after - x_before);
  d.dy = 0.5 * (y_after - y_before);
  d.dxx = x_after - 2.0 * here + x_before + kEpsilon;
  d.dyy = y_after - 2.0 * here + y_before + kEpsilon;
  d.dxy = 0.5 * (patch.log(right, down) - x_after - y_after + 2.0 * here - x_before - y_before +
                 patch.log(left, up));
  return solve(d);
}

}  // namespace

HeatmapOffset refine_maximum(HeatmapRefine refine, const HeatmapView& map, const HeatmapCell& cell,
                             float maximum, HeatmapBlur& blur) {
  switch (refine) {
    case HeatmapRefine::quarter:
      return refine_by_quarter(map, cell, true);
    case HeatmapRefine::dark:
      return refine_dark(map, cell, maximum, blur);
    case HeatmapRefine::dark_udp:
      return refine_dark_udp(map, cell, maximum, blur);
    case HeatmapRefine::alphapose:
      return refine_by_quarter(map, cell, false);
  }
  return {};
}

}  // namespace pose
