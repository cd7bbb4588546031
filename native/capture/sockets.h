#pragma once

#include <vector>

namespace pose {

/** Descriptors of this process that are sockets, in ascending order. */
std::vector<int> open_sockets();

/** True as soon as one of them can be read; false where none can within `timeout_ms`. */
bool is_readable(const std::vector<int>& sockets, int timeout_ms);

}  // namespace pose
