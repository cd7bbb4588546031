#include "associative_embedding_people.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace pose {
namespace {

constexpr float kQuarter = 0.25F;

float in_unit_range(float score) { return std::min(std::max(score, 0.0F), 1.0F); }

/** One kind's magnitudes; those of a suppressed cell and of one that is not are alike. */
struct HeatMap {
  const float* cells;
  int height;
  int width;

  float at(int x, int y) const { return std::fabs(cells[static_cast<ptrdiff_t>(y) * width + x]); }

  /** A cell's place, moved by a quarter to the side of the greater neighbour; the left or upper one where
   * they are equal. The reference leaves cells near the border where they are, two of them on the left and
   * above. */
  Keypoint between_cells(int x, int y, float score) const {
    Keypoint keypoint{static_cast<float>(x), static_cast<float>(y), in_unit_range(score)};
    if (x > 1 && x < width - 1 && y > 1 && y < height - 1) {
      keypoint.x += at(x + 1, y) - at(x - 1, y) > 0.0F ? kQuarter : -kQuarter;
      keypoint.y += at(x, y + 1) - at(x, y - 1) > 0.0F ? kQuarter : -kQuarter;
    }
    return keypoint;
  }
};

/** Mean score of the keypoints that are there. */
float mean_score(const Keypoint* keypoints, int count) {
  float sum = 0.0F;
  int present = 0;
  for (int kind = 0; kind < count; ++kind) {
    if (!keypoints[kind].present()) continue;
    sum += keypoints[kind].score;
    ++present;
  }
  return present > 0 ? in_unit_range(sum / static_cast<float>(present)) : 0.0F;
}

}  // namespace

void TagPeople::reserve(int cells, size_t max_groups) {
  search_.reserve(cells);
  people_.reserve(max_groups);
  raw_scores_.reserve(max_groups);
}

void TagPeople::finish(const TagMaps& maps, const TagGrouping& grouping,
                       const std::vector<std::vector<TagPeak>>& peaks,
                       const AssociativeEmbeddingOptions& options, Instances& people_net) {
  const int keypoints = people_net.keypoint_count;
  choose(grouping, keypoints, options);
  if (people_.empty()) return;
  for (const Person& person : people_) people_net.append({0.0F, person.raw_score, -1});
  for (int kind = 0; kind < keypoints; ++kind) {
    place(maps, kind, grouping, peaks[static_cast<size_t>(kind)], options, people_net);
  }
  for (size_t i = 0; i < people_net.size(); ++i) {
    people_net.headers[i].score = mean_score(people_net.keypoints_of(i), keypoints);
  }
}

/** Fills `people_` with the groups that are kept. */
void TagPeople::choose(const TagGrouping& grouping, int keypoints,
                       const AssociativeEmbeddingOptions& options) {
  people_.clear();
  raw_scores_.clear();
  const std::vector<TagGroup>& groups = grouping.groups();
  for (size_t i = 0; i < groups.size(); ++i) {
    const float raw_score = groups[i].score_sum / static_cast<float>(keypoints);
    if (!(raw_score > options.score_threshold)) continue;
    people_.push_back({i, std::min(raw_score, std::numeric_limits<float>::max())});
    raw_scores_.push_back(people_.back().raw_score);
  }
  const auto most = static_cast<size_t>(options.max_people);
  if (people_.size() <= most) return;
  const auto last_kept = raw_scores_.begin() + static_cast<ptrdiff_t>(most) - 1;
  std::nth_element(raw_scores_.begin(), last_kept, raw_scores_.end(), std::greater<float>());
  const float bar = *last_kept;
  size_t room_at_bar = most;
  for (const Person& person : people_) room_at_bar -= person.raw_score > bar ? 1 : 0;
  const auto is_cut = [&](const Person& person) {
    if (person.raw_score != bar) return person.raw_score < bar;
    if (room_at_bar == 0) return true;
    --room_at_bar;
    return false;
  };
  people_.erase(std::remove_if(people_.begin(), people_.end(), std::ref(is_cut)), people_.end());
}

/** Places one kind of keypoint of everybody. */
void TagPeople::place(const TagMaps& maps, int kind, const TagGrouping& grouping,
                      const std::vector<TagPeak>& peaks, const AssociativeEmbeddingOptions& options,
                      Instances& people_net) {
  const int cells = maps.height * maps.width;
  const ptrdiff_t offset = static_cast<ptrdiff_t>(kind) * cells;
  const HeatMap heat{maps.heat + offset, maps.height, maps.width};
  const auto stride = static_cast<float>(options.stride);
  bool map_is_set = false;
  for (size_t i = 0; i < people_.size(); ++i) {
    const size_t group = people_[i].group;
    const int16_t found = grouping.peak_of(group, kind);
    Keypoint keypoint;
    if (found != TagGrouping::kNoPeak) {
      const TagPeak& peak = peaks[static_cast<size_t>(found)];
      keypoint = heat.between_cells(peak.x_map, peak.y_map, peak.score);
      keypoint.x += options.delta;
      keypoint.y += options.delta;
    } else {
      if (!map_is_set) search_.set_map(heat.cells, maps.tags + offset, cells);
      map_is_set = true;
      const int cell = search_.find(grouping.groups()[group].tag);
      if (cell < 0) continue;
      const int x = cell % maps.width;
      const int y = cell / maps.width;
      // A map that says nothing there says nothing of the keypoint.
      if (!(heat.at(x, y) > 0.0F)) continue;
      keypoint = heat.between_cells(x, y, heat.at(x, y));
    }
    people_net.keypoints_of(i)[kind] = {keypoint.x * stride, keypoint.y * stride, keypoint.score};
  }
}

}  // namespace pose
