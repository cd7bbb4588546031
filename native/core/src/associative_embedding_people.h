#pragma once

#include <cstddef>
#include <vector>

#include "associative_embedding_groups.h"
#include "associative_embedding_search.h"
#include "pose/instances.h"

namespace pose {

/** The maps of all kinds of keypoint. */
struct TagMaps {
  const float* heat;  ///< keypoints x height x width
  const float* tags;  ///< keypoints x height x width
  int height;
  int width;
};

/** Makes people of groups of keypoints: places their keypoints between the cells and looks for those that
 * are missing. */
class TagPeople {
 public:
  /** Makes room for maps of this many cells and so many groups. */
  void reserve(int cells, size_t max_groups);

  /** Appends the groups with enough score to `people_net`; at most `max_people`, cut by score. */
  void finish(const TagMaps& maps, const TagGrouping& grouping,
              const std::vector<std::vector<TagPeak>>& peaks, const AssociativeEmbeddingOptions& options,
              Instances& people_net);

 private:
  struct Person {
    size_t group;
    float raw_score;
  };

  void choose(const TagGrouping& grouping, int keypoints, const AssociativeEmbeddingOptions& options);
  void place(const TagMaps& maps, int kind, const TagGrouping& grouping, const std::vector<TagPeak>& peaks,
             const AssociativeEmbeddingOptions& options, Instances& people_net);

  TagSearch search_;
  std::vector<Person> people_;
  std::vector<float> raw_scores_;
};

}  // namespace pose
