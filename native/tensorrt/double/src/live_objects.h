#pragma once

#include <cstddef>

#include "sdk_double.h"

namespace sdk_double {

void count_live(int LiveObjects::*kind, int change);
void count_device_bytes(size_t bytes, bool is_born);

/** A member of whatever is counted as alive. */
template <int LiveObjects::*kKind>
class Alive {
 public:
  Alive() { count_live(kKind, 1); }
  ~Alive() { count_live(kKind, -1); }
  Alive(const Alive&) = delete;
  Alive& operator=(const Alive&) = delete;
};

}  // namespace sdk_double
