#include "trt_pose_plain_twin.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <set>
#include <utility>
#include <vector>

namespace pose::test {
namespace {

struct Part {
  int row;
  int column;
  float value;
  float y;
  float x;
};
using Parts = std::vector<Part>;

/** A plane of a tensor. */
struct Plane {
  const float* data;
  int height;
  int width;

  bool has(int row, int column) const { return row >= 0 && row < height && column >= 0 && column < width; }
  float at(int row, int column) const { return data[row * width + column]; }
};

Plane plane_of(const TensorView& tensor, int channel) {
  const auto height = static_cast<int>(tensor.shape[2]);
  const auto width = static_cast<int>(tensor.shape[3]);
  return {tensor.data + channel * height * width, height, width};
}

/** Position in 0, 1, .. n-1, n-2, .. 1, 0, 1, ..: a mirror at either end. */
int reflect(int index, int size) {
  if (size == 1) return 0;
  const int period = 2 * (size - 1);
  const int phase = ((index % period) + period) % period;
  return std::min(phase, period - phase);
}

bool is_peak(const Plane& map, int row, int column, const TrtPoseOptions& options) {
  const float value = map.at(row, column);
  if (!std::isfinite(value) || value < options.peak_threshold) return false;
  const int reach = options.window / 2;
  for (int dy = -reach; dy <= reach; ++dy) {
    for (int dx = -reach; dx <= reach; ++dx) {
      if (map.has(row + dy, column + dx) && map.at(row + dy, column + dx) > value) return false;
    }
  }
  return true;
}

void refine(const Plane& map, int window, Part& part) {
  const int reach = window / 2;
  float sum_y = 0.0F;
  float sum_x = 0.0F;
  float sum = 0.0F;
  for (int row = part.row - reach; row <= part.row + reach; ++row) {
    for (int column = part.column - reach; column <= part.column + reach; ++column) {
      const float weight = map.at(reflect(row, map.height), reflect(column, map.width));
      if (!std::isfinite(weight)) continue;
      sum_y += weight * static_cast<float>(row);
      sum_x += weight * static_cast<float>(column);
      sum += weight;
    }
  }
  const auto height = static_cast<float>(map.height);
  const auto width = static_cast<float>(map.width);
  const float mean_y = sum_y / sum;
  const float mean_x = sum_x / sum;
  part.y = (mean_y + 0.5F) / height * height;
  part.x = (mean_x + 0.5F) / width * width;
  const auto far = static_cast<float>(reach);
  if (mean_y - static_cast<float>(part.row) >= -far && mean_y - static_cast<float>(part.row) <= far &&
      mean_x - static_cast<float>(part.column) >= -far && mean_x - static_cast<float>(part.column) <= far &&
      part.y > 0 && part.y < height && part.x > 0 && part.x < width) {
    return;
  }
  part.y = (static_cast<float>(part.row) + 0.5F) / height * height;
  part.x = (static_cast<float>(part.column) + 0.5F) / width * width;
}

Parts find_parts(const Plane& map, const TrtPoseOptions& options) {
  Parts parts;
  for (int row = 0; row < map.height; ++row) {
    for (int column = 0; column < map.width; ++column) {
      if (is_peak(map, row, column, options)) {
        parts.push_back({row, column, map.at(row, column), 0.0F, 0.0F});
      }
    }
  }
  const auto in_scan_order = [](const Part& a, const Part& b) {
    return std::make_pair(a.row, a.column) < std::make_pair(b.row, b.column);
  };
  std::sort(parts.begin(), parts.end(), [&](const Part& a, const Part& b) {
    return a.value != b.value ? a.value > b.value : in_scan_order(a, b);
  });
  if (parts.size() > static_cast<size_t>(options.max_peaks)) {
    parts.resize(static_cast<size_t>(options.max_peaks));
  }
  std::sort(parts.begin(), parts.end(), in_scan_order);
  for (Part& part : parts) refine(map, options.window, part);
  return parts;
}

float score_of(const Plane& field_y, const Plane& field_x, const Part& a, const Part& b) {
  const float dy = b.y - a.y;
  const float dx = b.x - a.x;
  const auto length = static_cast<float>(static_cast<double>(std::sqrt(dy * dy + dx * dx)) + 1e-5);
  float total = 0.0F;
  for (int t = 0; t < 7; ++t) {
    const float progress = static_cast<float>(t) / 6.0F;
    const float y = a.y + progress * dy;
    const float x = a.x + progress * dx;
    const auto row = static_cast<int>(y);
    const auto column = static_cast<int>(x);
    if (!field_y.has(row, column)) continue;
    total += field_y.at(row, column) * (dy / length) + field_x.at(row, column) * (dx / length);
  }
  const float score = total / 7.0F;
  if (!std::isfinite(score)) return 0.0F;
  return std::min(std::max(score, -1e6F), 1e6F);
}

using Matrix = std::vector<std::vector<double>>;

/** The column of each row of a square matrix with the greatest sum. Row after row is placed along the best
 * chain of moves, which repeated relaxation finds (Bellman and Ford). */
std::vector<size_t> best_columns(const Matrix& scores) {
  const size_t size = scores.size();
  std::vector<size_t> column_of(size, size);
  std::vector<size_t> row_of(size, size);
  for (size_t start = 0; start < size; ++start) {
    std::vector<double> gain = scores[start];
    std::vector<size_t> mover(size, start);
    for (bool changed = true; changed;) {
      changed = false;
      for (size_t held = 0; held < size; ++held) {
        const size_t row = row_of[held];
        if (row == size) continue;
        for (size_t column = 0; column < size; ++column) {
          const double other = gain[held] - scores[row][held] + scores[row][column];
          if (column == held || other <= gain[column] + 1e-12) continue;
          gain[column] = other;
          mover[column] = row;
          changed = true;
        }
      }
    }
    size_t column = size;
    for (size_t free = 0; free < size; ++free) {
      if (row_of[free] == size && (column == size || gain[free] > gain[column])) column = free;
    }
    for (size_t row = size; row != start;) {
      row = mover[column];
      row_of[column] = row;
      std::swap(column, column_of[row]);
    }
  }
  return column_of;
}

/** Pairs (from, to) of a link. */
std::set<std::pair<size_t, size_t>> connect(const TensorView& paf, const TrtPoseLink& link, const Parts& from,
                                            const Parts& to, float threshold) {
  const size_t size = std::max(from.size(), to.size());
  Matrix scores(size, std::vector<double>(size, 0.0));
  for (size_t i = 0; i < from.size(); ++i) {
    for (size_t j = 0; j < to.size(); ++j) {
      scores[i][j] = score_of(plane_of(paf, link.paf_y), plane_of(paf, link.paf_x), from[i], to[j]);
    }
  }
  const std::vector<size_t> column_of = best_columns(scores);
  std::set<std::pair<size_t, size_t>> pairs;
  for (size_t i = 0; i < from.size(); ++i) {
    const size_t j = column_of[i];
    if (j < to.size() && static_cast<float>(scores[i][j]) > threshold) pairs.insert({i, j});
  }
  return pairs;
}

using Body = std::vector<int>;  // position among the parts of each kind, or -1

std::vector<Body> collect_bodies(const std::vector<TrtPoseLink>& links, const std::vector<Parts>& parts,
                                 const std::vector<std::set<std::pair<size_t, size_t>>>& pairs) {
  std::vector<Body> bodies;
  std::set<std::pair<size_t, size_t>> visited;  // kind, position
  for (size_t kind = 0; kind < parts.size(); ++kind) {
    for (size_t position = 0; position < parts[kind].size(); ++position) {
      if (visited.count({kind, position}) != 0) continue;
      Body body(parts.size(), -1);
      // As in the reference: marked when taken out, so that a part may be lined up several times.
      std::deque<std::pair<size_t, size_t>> queue = {{kind, position}};
      while (!queue.empty()) {
        const auto [at_kind, at] = queue.front();
        queue.pop_front();
        if (!visited.insert({at_kind, at}).second) continue;
        body[at_kind] = static_cast<int>(at);
        for (size_t i = 0; i < links.size(); ++i) {
          const auto from = static_cast<size_t>(links[i].from);
          const auto to = static_cast<size_t>(links[i].to);
          for (const auto& pair : pairs[i]) {
            if (from == at_kind && pair.first == at) queue.emplace_back(to, pair.second);
            if (to == at_kind && pair.second == at) queue.emplace_back(from, pair.first);
          }
        }
      }
      bodies.push_back(body);
    }
  }
  return bodies;
}

size_t joints_of(const Body& body) {
  return body.size() - static_cast<size_t>(std::count(body.begin(), body.end(), -1));
}

}  // namespace

Instances decode_trt_pose_plainly(const TensorView& cmap, const TensorView& paf,
                                  const TrtPoseOptions& options) {
  const std::vector<TrtPoseLink>& links = options.links.empty() ? trt_pose_human_links() : options.links;
  std::vector<Parts> parts;
  for (int kind = 0; kind < cmap.shape[1]; ++kind) parts.push_back(find_parts(plane_of(cmap, kind), options));
  std::vector<std::set<std::pair<size_t, size_t>>> pairs;
  for (const TrtPoseLink& link : links) {
    pairs.push_back(connect(paf, link, parts[static_cast<size_t>(link.from)],
                            parts[static_cast<size_t>(link.to)], options.link_threshold));
  }
  std::vector<Body> bodies = collect_bodies(links, parts, pairs);
  while (bodies.size() > static_cast<size_t>(options.max_people)) {
    // Of those with the fewest keypoints the last one goes.
    bodies.erase(std::min_element(bodies.rbegin(), bodies.rend(),
                                  [](const Body& a, const Body& b) { return joints_of(a) < joints_of(b); })
                     .base() -
                 1);
  }

  Instances people;
  people.clear(static_cast<int>(parts.size()));
  for (const Body& body : bodies) {
    Keypoint* keypoints = people.append({0.0F, static_cast<float>(joints_of(body)), -1});
    float sum = 0.0F;
    for (size_t kind = 0; kind < body.size(); ++kind) {
      if (body[kind] < 0) continue;
      const Part& part = parts[kind][static_cast<size_t>(body[kind])];
      const auto stride = static_cast<float>(options.stride);
      keypoints[kind] = {part.x * stride, part.y * stride, std::min(part.value, 1.0F)};
      sum += keypoints[kind].score;
    }
    people.headers.back().score = std::min(sum / static_cast<float>(joints_of(body)), 1.0F);
  }
  return people;
}

}  // namespace pose::test
