#pragma once

#include <napi.h>

namespace pose::addon {

/** notifyServiceManager(address, text): one datagram to a unix socket, `@name` for an abstract one; Node has
 * no such sockets. Waits at most a second where the receiver's queue is full. Throws NOTIFY_FAILED. */
void notify_service_manager(const Napi::CallbackInfo& info);

}  // namespace pose::addon
