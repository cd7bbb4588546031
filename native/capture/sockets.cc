#include "sockets.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pose {

std::vector<int> open_sockets() {
  std::vector<int> found;
  const int end = getdtablesize();  // 64, see confine.cc
  for (int descriptor = 0; descriptor < end; ++descriptor) {
    struct stat stat {};
    if (fstat(descriptor, &stat) == 0 && S_ISSOCK(stat.st_mode)) found.push_back(descriptor);
  }
  return found;
}

bool is_readable(const std::vector<int>& sockets, int timeout_ms) {
  std::vector<pollfd> polled;
  for (const int descriptor : sockets) polled.push_back({descriptor, POLLIN, 0});
  return poll(polled.data(), polled.size(), timeout_ms) > 0;
}

}  // namespace pose
