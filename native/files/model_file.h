#pragma once

#include <string>

#include "page_buffer.h"
#include "pose/engine.h"

namespace pose {

/** The bytes of a model's file, read once: what was hashed is what is used. */
struct ModelFile {
  PageBuffer bytes;
  std::string sha512;
};

/** Throws EngineError MODEL_UNREADABLE where it cannot be read or is empty, and MODEL_CHECKSUM_MISMATCH where
 * `checksums` has another hash of it. */
ModelFile read_model_file(const std::string& path, const Checksums& checksums);

}  // namespace pose
