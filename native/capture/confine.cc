#include "confine.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>

namespace pose {
namespace {

constexpr rlim_t descriptors = 64;

void limit(int resource, rlim_t most) {
  struct rlimit now {};
  if (getrlimit(static_cast<__rlimit_resource>(resource), &now) != 0) return;
  if (now.rlim_max != RLIM_INFINITY && now.rlim_max < most) most = now.rlim_max;
  const struct rlimit wanted { most, most };
  setrlimit(static_cast<__rlimit_resource>(resource), &wanted);
}

void be_first_to_go() {
  const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  if (write(file, "1000", 4) != 4) {
    // Then the kernel judges by size alone.
  }
  close(file);
}

}  // namespace

void confine(pid_t parent, [[maybe_unused]] size_t data_bytes) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it went before that was asked for
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, descriptors);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  limit(RLIMIT_DATA, data_bytes);  // a sanitizer's own map of the memory is larger than any limit
#endif
  be_first_to_go();
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  prctl(PR_SET_DUMPABLE,
        0);  // other cameras' processes are of the same user, and have no business with its login
#endif
  // Whoever reads what it says may be gone; the write then says so.
  signal(SIGPIPE, SIG_IGN);
}

}  // namespace pose
