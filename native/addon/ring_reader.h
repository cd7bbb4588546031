#pragma once

#include <napi.h>

namespace pose::addon {

/** createPictureRing(slots, slotBytes): the reader's end of a ring of pictures, an object with
 *
 *   descriptor: of its memory, for the process that writes
 *
 *   take(): the oldest picture that waits, or null; what it has is in src/native/picture-ring.ts. Its
 * `pixels` are memory of the ring, and stay as they are until release().
 *
 *   release(slot): of one that was taken
 *
 *   close(): to be called when nothing is taken any more; frees the memory */
Napi::Value create_picture_ring(const Napi::CallbackInfo& info);

}  // namespace pose::addon
