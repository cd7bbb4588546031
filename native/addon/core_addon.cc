#include <napi.h>
#include <signal.h>
#include <sys/prctl.h>

#include "decode_openpose.h"

namespace pose::addon {
namespace {

/** The kernel kills this process as soon as its parent is gone, even while it hangs in a driver. */
void die_with_parent(const Napi::CallbackInfo&) { prctl(PR_SET_PDEATHSIG, SIGKILL); }

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("decodeOpenPose", Napi::Function::New(env, decode_openpose_async, "decodeOpenPose"));
  exports.Set("dieWithParent", Napi::Function::New(env, die_with_parent, "dieWithParent"));
  return exports;
}

}  // namespace

NODE_API_MODULE(core, init)

}  // namespace pose::addon
