#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "blazepose_input.h"
#include "pose/instances.h"

namespace pose::fuzz {

/** What every tracker promises of the ids of one camera: nobody has another's, and an id that was given up is
 * never given again. */
class TrackIdsOfACamera {
 public:
  void check(const Instances& people) {
    std::vector<int32_t> ids;
    for (const Instances::Header& header : people.headers) ids.push_back(header.track_id);
    std::sort(ids.begin(), ids.end());
    require(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
    for (const int32_t id : ids) {
      require(id > 0);
      require(id > greatest_ || std::binary_search(followed_.begin(), followed_.end(), id));
    }
    if (!ids.empty()) greatest_ = std::max(greatest_, ids.back());
    followed_ = ids;
  }
  /** Nobody is followed any more. */
  void forget() { followed_.clear(); }

 private:
  int32_t greatest_ = 0;
  std::vector<int32_t> followed_;
};

}  // namespace pose::fuzz
