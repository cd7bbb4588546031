#include <malloc.h>
#include <napi.h>
#include <signal.h>
#include <sys/prctl.h>

#include "convert_picture.h"
#include "create_picture_masks.h"
#include "decode.h"
#include "notify_service_manager.h"
#include "read_object.h"
#include "ring_reader.h"

namespace pose::addon {
namespace {

/** The kernel kills this process as soon as its parent is gone, even while it hangs in a driver. */
void die_with_parent(const Napi::CallbackInfo&) { prctl(PR_SET_PDEATHSIG, SIGKILL); }

/** Frees the memory of a buffer now; its length is 0 from then on. One that shares its memory is left alone,
 * with another view or with another thread.
 */
void free_buffer(const Napi::CallbackInfo& info) {
  if (!info[0].IsTypedArray()) refuse_type(info[0], "buffer", "a typed array");
  const auto buffer = info[0].As<Napi::TypedArray>();
  Napi::ArrayBuffer memory = buffer.ArrayBuffer();
  if (!memory.IsArrayBuffer()) return;  // a SharedArrayBuffer
  if (buffer.ByteLength() != memory.ByteLength() || memory.IsDetached()) return;
  // Not by Detach(), which throws where memory belongs to somebody else, as that of WebAssembly.
  napi_detach_arraybuffer(info.Env(), memory);
}

/** Other processes of this user, its own children among them, can read neither its memory nor its
 * environment. What it starts is as usual again. */
void hide_memory(const Napi::CallbackInfo&) { prctl(PR_SET_DUMPABLE, 0); }

/** Gives the pages that the C heap holds free back to the system: it does so itself from its ends only, and
 * bursts of work leave holes. About a millisecond in a worker at full speed, 4 at most in what was measured.
 */
void trim_heap(const Napi::CallbackInfo&) { malloc_trim(0); }

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("decode", Napi::Function::New(env, decode_async, "decode"));
  exports.Set("dieWithParent", Napi::Function::New(env, die_with_parent, "dieWithParent"));
  exports.Set("freeBuffer", Napi::Function::New(env, free_buffer, "freeBuffer"));
  exports.Set("hideMemory", Napi::Function::New(env, hide_memory, "hideMemory"));
  exports.Set("notifyServiceManager",
              Napi::Function::New(env, notify_service_manager, "notifyServiceManager"));
  exports.Set("convertToBgr", Napi::Function::New(env, convert_picture_to_bgr, "convertToBgr"));
  exports.Set("createPictureMasks", Napi::Function::New(env, create_picture_masks, "createPictureMasks"));
  exports.Set("createPictureRing", Napi::Function::New(env, create_picture_ring, "createPictureRing"));
  exports.Set("trimHeap", Napi::Function::New(env, trim_heap, "trimHeap"));
  return exports;
}

}  // namespace

NODE_API_MODULE(core, init)

}  // namespace pose::addon
