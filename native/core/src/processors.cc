#include "pose/processors.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>

namespace pose {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

/** "200000 100000" is 2; "max 100000", nothing and nonsense are 0. */
double quota_over_period(const std::string& text) {
  std::istringstream words(text);
  double quota = 0;
  double period = 0;
  if (!(words >> quota >> period) || quota <= 0 || period <= 0) return 0;
  return quota / period;
}

double stricter(double a, double b) {
  if (a == 0) return b;
  if (b == 0) return a;
  return std::min(a, b);
}

/** The strictest limit of `group` and its parents up to the root of the hierarchy. */
template <class ReadLimit>
double strictest_upwards(std::string group, const ReadLimit& read_limit) {
  double limit = 0;
  for (;;) {
    if (group == "/") group.clear();
    limit = stricter(limit, read_limit(group));
    if (group.empty()) return limit;
    const size_t slash = group.rfind('/');
    group = slash == std::string::npos ? "" : group.substr(0, slash);
  }
}

}  // namespace

double cgroup_cpu_limit(const std::string& root, const std::string& membership) {
  double limit = 0;
  std::istringstream lines(membership);
  std::string line;
  while (std::getline(lines, line)) {
    // hierarchy-id:controllers:group, where version 2 has id 0 and no controllers.
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string group = line.substr(second + 1);
    if (controllers == ",,") {
      limit = stricter(limit, strictest_upwards(group, [&](const std::string& path) {
                         return quota_over_period(read_file(root + path + "/cpu.max"));
                       }));
    } else if (controllers.find(",cpu,") != std::string::npos) {
      limit = stricter(limit, strictest_upwards(group, [&](const std::string& path) {
                         const std::string folder = root + "/cpu" + path;
                         return quota_over_period(read_file(folder + "/cpu.cfs_quota_us") + " " +
                                                  read_file(folder + "/cpu.cfs_period_us"));
                       }));
    }
  }
  return limit;
}

int usable_processors() {
  int processors = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof(mask), &mask) == 0) processors = CPU_COUNT(&mask);
  const double limit = cgroup_cpu_limit("/sys/fs/cgroup", read_file("/proc/self/cgroup"));
  if (limit > 0) processors = std::min(processors, static_cast<int>(std::ceil(limit)));
  return std::max(processors, 1);
}

}  // namespace pose
