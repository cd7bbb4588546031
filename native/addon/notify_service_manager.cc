#include "notify_service_manager.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <string>

#include "pack.h"
#include "read_object.h"

namespace pose::addon {
namespace {

/** 0, or the error number of what failed. */
int send_datagram(const std::string& address, const std::string& text) {
  sockaddr_un target{};
  target.sun_family = AF_UNIX;
  if (address.empty() || address.size() >= sizeof(target.sun_path)) return ENAMETOOLONG;
  memcpy(target.sun_path, address.data(), address.size());
  if (address[0] == '@') target.sun_path[0] = '\0';
  // Of an abstract name every byte counts, so the length ends with the name itself.
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());

  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  const timeval patience{1, 0};
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  const ssize_t sent = sendto(descriptor, text.data(), text.size(), MSG_NOSIGNAL,
                              reinterpret_cast<const sockaddr*>(&target), length);
  const int error = sent < 0 ? errno : 0;
  close(descriptor);
  return error;
}

}  // namespace

void notify_service_manager(const Napi::CallbackInfo& info) {
  const std::string address = to_text(info[0], "address");
  const int error = send_datagram(address, to_text(info[1], "text"));
  if (error != 0) throw to_js_error(info.Env(), "NOTIFY_FAILED", address + ": " + strerror(error));
}

}  // namespace pose::addon
