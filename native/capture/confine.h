#pragma once

#include <sys/types.h>

#include <cstddef>

namespace pose {

/** Ties this process to its parent and takes from it what reading one camera does not need: it dies with
 * `parent`, gains no privileges, writes no core, shows its memory to nobody, has few descriptors, may keep
 * `data_bytes` of memory of its own, and is the first that the kernel ends where memory runs out. What the
 * system does not let it set is left as it is. Exits where the parent is gone already. */
void confine(pid_t parent, size_t data_bytes);

}  // namespace pose
