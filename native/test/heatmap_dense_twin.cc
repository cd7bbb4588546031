#include "heatmap_dense_twin.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pose::test {
namespace {

/** A map that gives 0 beyond its border. */
struct Plane {
  int height = 0;
  int width = 0;
  std::vector<double> cells;

  double at(int x, int y) const {
    const bool inside = x >= 0 && x < width && y >= 0 && y < height;
    return inside ? cells[static_cast<size_t>(y * width + x)] : 0.0;
  }
};

/** As OpenCV 4.10 prints them: getGaussianKernel(size, 0). */
std::vector<double> kernel_weights(int size) {
  switch (size) {
    case 3:
      return {0.25, 0.5, 0.25};
    case 5:
      return {0.0625, 0.25, 0.375, 0.25, 0.0625};
    case 7:
      return {0.03125, 0.109375, 0.21875, 0.28125, 0.21875, 0.109375, 0.03125};
    case 9:
      return {0.015625,   0.05078125, 0.1171875,  0.19921875, 0.234375,
              0.19921875, 0.1171875,  0.05078125, 0.015625};
    default:
      break;
  }
  const double middle = (size - 1) * 0.5;
  const double sigma = 0.3 * (middle - 1.0) + 0.8;
  std::vector<double> weights;
  double total = 0.0;
  for (int i = 0; i < size; ++i) {
    const double distance = (i - middle) / sigma;
    weights.push_back(std::exp(-0.5 * distance * distance));
    total += weights.back();
  }
  for (double& weight : weights) weight /= total;
  return weights;
}

Plane blur(const Plane& map, int size) {
  const std::vector<double> weights = kernel_weights(size);
  const int radius = size / 2;
  Plane blurred = map;
  for (int y = 0; y < map.height; ++y) {
    for (int x = 0; x < map.width; ++x) {
      double sum = 0.0;
      for (int j = 0; j < size; ++j) {
        for (int i = 0; i < size; ++i) {
          sum += weights[static_cast<size_t>(j)] * weights[static_cast<size_t>(i)] *
                 map.at(x + i - radius, y + j - radius);
        }
      }
      blurred.cells[static_cast<size_t>(y * map.width + x)] = sum;
    }
  }
  return blurred;
}

/** The blurred map's logarithm, and the most that single precision can be off at a cell. */
struct LogMap {
  Plane logs;
  Plane errors;
};

LogMap log_of_blurred(const Plane& map, const HeatmapOptions& options) {
  constexpr double kSumError = 1e-6;  // of a blurred cell, relative to the greatest that goes into it
  constexpr double kLogError = 3e-6;  // of a logarithm up to 23, and of the common scale
  const bool udp = options.refine == HeatmapRefine::dark_udp;
  const double low = udp ? 1e-3 : 1e-10;
  const double high = udp ? 50.0 : std::numeric_limits<double>::infinity();
  LogMap result{blur(map, options.blur_kernel), map};
  const auto& blurred = result.logs.cells;
  const double scale = *std::max_element(map.cells.begin(), map.cells.end()) /
                       *std::max_element(blurred.begin(), blurred.end());
  double greatest = 0.0;
  for (const double cell : map.cells) greatest = std::max(greatest, std::abs(cell));
  const double error = kSumError * greatest * std::abs(scale);
  for (size_t i = 0; i < blurred.size(); ++i) {
    const double value = blurred[i] * scale;
    const auto log = [&](double limited) { return std::log(std::min(std::max(limited, low), high)); };
    result.errors.cells[i] = log(value + error) - log(value - error) + kLogError;
    result.logs.cells[i] = log(value);
  }
  return result;
}

struct Expansion {
  double dx;
  double dy;
  double dxx;
  double dxy;
  double dyy;
};

Expansion expand_msra(const Plane& p, int x, int y) {
  return {0.5 * (p.at(x + 1, y) - p.at(x - 1, y)), 0.5 * (p.at(x, y + 1) - p.at(x, y - 1)),
          0.25 * (p.at(x + 2, y) - 2 * p.at(x, y) + p.at(x - 2, y)),
          0.25 * (p.at(x + 1, y + 1) - p.at(x + 1, y - 1) - p.at(x - 1, y + 1) + p.at(x - 1, y - 1)),
          0.25 * (p.at(x, y + 2) - 2 * p.at(x, y) + p.at(x, y - 2))};
}

Expansion expand_udp(const Plane& p, int x, int y) {
  const auto at = [&](int i, int j) {
    return p.at(std::clamp(x + i, 0, p.width - 1), std::clamp(y + j, 0, p.height - 1));
  };
  constexpr double kEpsilon = 1.1920929e-07;
  return {0.5 * (at(1, 0) - at(-1, 0)), 0.5 * (at(0, 1) - at(0, -1)),
          at(1, 0) - 2 * at(0, 0) + at(-1, 0) + kEpsilon,
          0.5 * (at(1, 1) - at(1, 0) - at(0, 1) + at(0, 0) + at(0, 0) - at(-1, 0) - at(0, -1) + at(-1, -1)),
          at(0, 1) - 2 * at(0, 0) + at(0, -1) + kEpsilon};
}

/** Moves a keypoint to the maximum of its expansion. */
void move(const Expansion& e, double log_error, TwinKeypoint& keypoint) {
  const double determinant = e.dxx * e.dyy - e.dxy * e.dxy;
  const double x = -(e.dyy * e.dx - e.dxy * e.dy) / determinant;
  const double y = -(e.dxx * e.dy - e.dxy * e.dx) / determinant;
  const double half_trace = 0.5 * (e.dxx + e.dyy);
  const double root = std::hypot(0.5 * (e.dxx - e.dyy), e.dxy);
  const double flattest = std::min(std::abs(half_trace + root), std::abs(half_trace - root));
  keypoint.slack = 8 * log_error * (1 + std::hypot(x, y)) / flattest;
  if (!(std::abs(x) < 1024 && std::abs(y) < 1024)) {
    if (!std::isfinite(keypoint.slack)) keypoint.slack = std::numeric_limits<double>::infinity();
    return;
  }
  keypoint.x_map += x;
  keypoint.y_map += y;
}

double sign(double value) { return value > 0.0 ? 1.0 : value < 0.0 ? -1.0 : 0.0; }

void refine_quarter(const Plane& map, bool alphapose, int x, int y, TwinKeypoint& keypoint) {
  const bool x_inside = 1 < x && x < map.width - 1;
  const bool y_inside = 1 < y && y < map.height - 1;
  if (alphapose && !(x_inside && y_inside)) return;
  if (x_inside && 0 < y) keypoint.x_map += 0.25 * sign(map.at(x + 1, y) - map.at(x - 1, y));
  if (y_inside && 0 < x) keypoint.y_map += 0.25 * sign(map.at(x, y + 1) - map.at(x, y - 1));
}

void refine_dark(const Plane& map, const HeatmapOptions& options, int x, int y, TwinKeypoint& keypoint) {
  const bool udp = options.refine == HeatmapRefine::dark_udp;
  if (!udp && !(1 < x && x < map.width - 2 && 1 < y && y < map.height - 2)) return;
  const LogMap log = log_of_blurred(map, options);
  const int reach = udp ? 1 : 2;
  double error = 0.0;
  for (int j = y - reach; j <= y + reach; ++j) {
    for (int i = x - reach; i <= x + reach; ++i) error = std::max(error, log.errors.at(i, j));
  }
  move(udp ? expand_udp(log.logs, x, y) : expand_msra(log.logs, x, y), error, keypoint);
}

TwinKeypoint decode_map(const Plane& map, const HeatmapOptions& options) {
  size_t first = 0;
  for (size_t i = 1; i < map.cells.size(); ++i) {
    if (map.cells[i] > map.cells[first]) first = i;
  }
  TwinKeypoint keypoint;
  keypoint.score = map.cells[first];
  keypoint.present = keypoint.score > 0.0;
  if (!keypoint.present) return keypoint;
  const int x = static_cast<int>(first) % map.width;
  const int y = static_cast<int>(first) / map.width;
  keypoint.x_map = x;
  keypoint.y_map = y;
  const bool dark = options.refine == HeatmapRefine::dark || options.refine == HeatmapRefine::dark_udp;
  if (dark) {
    refine_dark(map, options, x, y, keypoint);
  } else {
    refine_quarter(map, options.refine == HeatmapRefine::alphapose, x, y, keypoint);
  }
  return keypoint;
}

}  // namespace

std::vector<TwinKeypoint> decode_heatmaps_densely(const TensorView& heatmaps, const HeatmapOptions& options) {
  Plane map;
  map.height = static_cast<int>(heatmaps.shape[2]);
  map.width = static_cast<int>(heatmaps.shape[3]);
  const int64_t cells = heatmaps.shape[2] * heatmaps.shape[3];
  std::vector<TwinKeypoint> keypoints;
  for (int64_t i = 0; i < heatmaps.shape[0] * heatmaps.shape[1]; ++i) {
    map.cells.assign(heatmaps.data + i * cells, heatmaps.data + (i + 1) * cells);
    keypoints.push_back(decode_map(map, options));
  }
  return keypoints;
}

}  // namespace pose::test
