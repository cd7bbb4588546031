#pragma once

#include <string>

namespace pose {

/** Processors this process may really use: its affinity mask, cut by the CPU quota of its control group
 *  (inference runtimes see only the former and start too many threads in a container). At least 1. */
int usable_processors();

/** Processors' worth of time that a control group grants, or 0 for no limit. `root` is the mounted hierarchy
 *  (/sys/fs/cgroup), `membership` the text of /proc/self/cgroup. Reads version 2's cpu.max and version 1's
 * cpu.cfs_* of the group and all its parents. */
double cgroup_cpu_limit(const std::string& root, const std::string& membership);

}  // namespace pose
