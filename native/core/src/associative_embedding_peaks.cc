#include "associative_embedding_peaks.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "associative_embedding_loops.h"

namespace pose {
namespace {

constexpr int kNeighbourhood = 2;  // cells to each side: 5 x 5, as the network's own suppression
constexpr int kChunk = 256;        // cells that are passed over at once

bool is_maximum(const PeakMap& map, int x, int y) {
  const float value = map.scores[static_cast<ptrdiff_t>(y) * map.width + x];
  const int first_x = std::max(x - kNeighbourhood, 0);
  const int last_x = std::min(x + kNeighbourhood, map.width - 1);
  const int last_y = std::min(y + kNeighbourhood, map.height - 1);
  for (int row = std::max(y - kNeighbourhood, 0); row <= last_y; ++row) {
    const float* cells = map.scores + static_cast<ptrdiff_t>(row) * map.width;
    for (int column = first_x; column <= last_x; ++column) {
      if (cells[column] > value) return false;
    }
  }
  return true;
}

bool comes_first(const TagPeak& a, const TagPeak& b) {
  if (a.score != b.score) return a.score > b.score;
  return a.y_map != b.y_map ? a.y_map < b.y_map : a.x_map < b.x_map;
}

/** The peaks found so far, in raster order, and what a further one must exceed to be among the best. */
class BestPeaks {
 public:
  BestPeaks(float threshold, int count, std::vector<TagPeak>& peaks)
      : bar_(threshold), count_(static_cast<size_t>(count)), peaks_(peaks) {
    peaks_.clear();
  }

  float bar() const { return bar_; }
  void add(const TagPeak& peak) {
    peaks_.push_back(peak);
    if (peaks_.size() < static_cast<size_t>(peaks_in_search(static_cast<int>(count_)))) return;
    const auto last_kept = peaks_.begin() + static_cast<ptrdiff_t>(count_) - 1;
    std::nth_element(peaks_.begin(), last_kept, peaks_.end(), comes_first);
    // Those yet to come lie further on in the map, so that an equal score is not enough.
    bar_ = last_kept->score;
    peaks_.resize(count_);
  }
  void finish() {
    std::sort(peaks_.begin(), peaks_.end(), comes_first);
    peaks_.resize(std::min(peaks_.size(), count_));
  }

 private:
  float bar_;
  size_t count_;
  std::vector<TagPeak>& peaks_;
};

}  // namespace

void find_tag_peaks(const PeakMap& map, const AssociativeEmbeddingOptions& options,
                    std::vector<TagPeak>& peaks) {
  BestPeaks best(options.peak_threshold, options.max_people, peaks);
  const int cells = map.height * map.width;
  for (int first = 0; first < cells; first += kChunk) {
    const int count = std::min(kChunk, cells - first);
    if (count_above(map.scores + first, count, best.bar()) == 0) continue;
    for (int cell = first; cell < first + count; ++cell) {
      const float score = map.scores[cell];
      if (!(score > best.bar()) || !std::isfinite(score) || !std::isfinite(map.tags[cell])) continue;
      const int x = cell % map.width;
      const int y = cell / map.width;
      if (options.peaks == AssociativePeaks::plain && !is_maximum(map, x, y)) continue;
      best.add({x, y, score, map.tags[cell]});
    }
  }
  best.finish();
}

}  // namespace pose
