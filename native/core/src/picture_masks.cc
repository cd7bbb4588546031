#include "pose/picture_masks.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace pose {
namespace {

constexpr ptrdiff_t kChannels = 3;

/** Pixels of a row, from the first to the last one. */
struct Range {
  int first;
  int last;
};

/** Pixels of an axis that a stretch touches; its ends may lie on the edge between two. */
Range touched(double from, double to, int size) {
  if (from > to) std::swap(from, to);
  return {std::clamp(static_cast<int>(std::ceil(from)) - 1, 0, size - 1),
          std::clamp(static_cast<int>(std::floor(to)), 0, size - 1)};
}

/** A side of a polygon, px, from its upper end to its lower. */
struct Edge {
  MaskPoint top;
  MaskPoint bottom;
  double slope;  ///< x a y; 0 where it is level
  int winding;   ///< 1 where the outline goes down, -1 where it goes up
  Range rows;

  double x_at(double y) const {
    if (y <= top.y) return top.x;
    if (y >= bottom.y) return bottom.x;
    return top.x + (y - top.y) * slope;
  }
};

std::vector<Edge> edges_of(const MaskPolygon& polygon, int width, int height) {
  const auto in_pixels = [&](const MaskPoint& point) { return MaskPoint{point.x * width, point.y * height}; };
  std::vector<Edge> edges;
  for (size_t i = 0; i < polygon.size(); ++i) {
    MaskPoint top = in_pixels(polygon[i]);
    MaskPoint bottom = in_pixels(polygon[(i + 1) % polygon.size()]);
    const int winding = top.y <= bottom.y ? 1 : -1;
    if (winding < 0) std::swap(top, bottom);
    const double slope = top.y < bottom.y ? (bottom.x - top.x) / (bottom.y - top.y) : 0.0;
    edges.push_back({top, bottom, slope, winding, touched(top.y, bottom.y, height)});
  }
  return edges;
}

/** What polygons cover of one row after the other. */
class Rows {
 public:
  Rows(const std::vector<MaskPolygon>& polygons, int width, int height) : width_(width) {
    for (const MaskPolygon& polygon : polygons) polygons_.push_back(edges_of(polygon, width, height));
  }

  /** Ranges in their order, none touching another; valid until the next call. */
  const std::vector<Range>& row(int y) {
    ranges_.clear();
    for (const std::vector<Edge>& edges : polygons_) add_polygon(edges, y);
    merge();
    return ranges_;
  }

 private:
  /** Where an edge passes the middle of the row. */
  struct Crossing {
    double x;
    int winding;
  };

  void add_polygon(const std::vector<Edge>& edges, int y) {
    crossings_.clear();
    for (const Edge& edge : edges) {
      if (y < edge.rows.first || y > edge.rows.last) continue;
      const bool level = edge.top.y == edge.bottom.y;
      ranges_.push_back(
          touched(level ? edge.top.x : edge.x_at(y), level ? edge.bottom.x : edge.x_at(y + 1.0), width_));
      const double middle = y + 0.5;
      if (edge.top.y <= middle && middle < edge.bottom.y) {
        crossings_.push_back({edge.x_at(middle), edge.winding});
      }
    }
    // Pixels whose middle lies inside.
    std::sort(crossings_.begin(), crossings_.end(),
              [](const Crossing& a, const Crossing& b) { return a.x < b.x; });
    int winding = 0;
    for (size_t i = 0; i + 1 < crossings_.size(); ++i) {
      winding += crossings_[i].winding;
      if (winding != 0) ranges_.push_back(touched(crossings_[i].x, crossings_[i + 1].x, width_));
    }
  }

  void merge() {
    std::sort(ranges_.begin(), ranges_.end(), [](Range a, Range b) { return a.first < b.first; });
    size_t kept = 0;
    for (const Range& range : ranges_) {
      if (kept > 0 && range.first <= ranges_[kept - 1].last + 1) {
        ranges_[kept - 1].last = std::max(ranges_[kept - 1].last, range.last);
      } else {
        ranges_[kept++] = range;
      }
    }
    ranges_.resize(kept);
  }

  int width_;
  std::vector<std::vector<Edge>> polygons_;
  std::vector<Range> ranges_;
  std::vector<Crossing> crossings_;
};

}  // namespace

PictureMasks::PictureMasks(std::vector<MaskPolygon> polygons) : polygons_(std::move(polygons)) {
  for (const MaskPolygon& polygon : polygons_) {
    if (polygon.size() < 3) {
      throw std::invalid_argument("masks: expected at least 3 corners, found " +
                                  std::to_string(polygon.size()));
    }
    for (const MaskPoint& point : polygon) {
      // Written so that NaN fails.
      if (point.x >= 0.0 && point.x <= 1.0 && point.y >= 0.0 && point.y <= 1.0) continue;
      throw std::invalid_argument("masks: expected corners from 0 to 1, found " + std::to_string(point.x) +
                                  ", " + std::to_string(point.y));
    }
  }
}

void PictureMasks::prepare(int width, int height) {
  if (width == width_ && height == height_) return;
  width_ = 0;  // not valid until all is built, should an allocation fail
  spans_.clear();
  Rows rows(polygons_, width, height);
  for (int y = 0; y < height; ++y) {
    for (const Range& range : rows.row(y)) {
      spans_.push_back({y, range.first, range.last - range.first + 1});
    }
  }
  width_ = width;
  height_ = height;
}

void PictureMasks::blacken(uint8_t* pixels, int width, int height, ptrdiff_t stride) {
  prepare(width, height);
  for (const Span& span : spans_) {
    std::memset(pixels + span.y * stride + span.first_x * kChannels, 0,
                static_cast<size_t>(span.count * kChannels));
  }
}

void PictureMasks::blacken_i420(uint8_t* pixels, int width, int height, YuvColors colors) {
  prepare(width, height);
  const bool full = colors == YuvColors::bt601_full || colors == YuvColors::bt709_full;
  const YuvView planes = i420_view(pixels, width, height, colors);
  for (const Span& span : spans_) {
    std::memset(pixels + span.y * planes.y_stride + span.first_x, full ? 0 : 16,
                static_cast<size_t>(span.count));
    const int first = span.first_x / 2;
    const int last = (span.first_x + span.count - 1) / 2;
    for (const uint8_t* plane : {planes.u, planes.v}) {
      std::memset(pixels + (plane - pixels) + (span.y / 2) * planes.uv_stride + first, 128,
                  static_cast<size_t>(last - first + 1));
    }
  }
}

}  // namespace pose
