#pragma once

#include <string>
#include <vector>

#include "own_folder.h"
#include "page_buffer.h"

namespace pose {

/** What a look into the cache gave. */
struct CachedFile {
  PageBuffer bytes;     ///< empty where there is none to use
  std::string refused;  ///< why a file that was there is not used; "" where there was none
};

/** A folder of what an engine compiled here. A compiled model may be executable code, and a damaged one
 * computes other numbers, so only whole files are read that this user wrote here: each begins with its size,
 * its SHA-512, and an HMAC over both and its name, by a key that was drawn for this folder. The bytes that
 * were checked are the bytes that are given out; a file that changes later changes nothing. */
class SealedCache {
 public:
  /** Makes the folder where it is missing, and draws a key where there is none that only this user knows.
   * Throws EngineError ENGINE_CACHE_UNSAFE where others own or may use the folder, ENGINE_FAILED where it or
   * the key cannot be made. */
  explicit SealedCache(const std::string& folder);

  /** `name` is a plain file name. A file that is refused is removed. */
  CachedFile load(const std::string& name) const;
  /** Replaces the file as a whole, or leaves the old one. Then deletes what is no entry of this form, what
   * was not used for half a year, and the oldest of what is too many or too large. Throws EngineError
   * ENGINE_FAILED where it cannot be written. */
  void store(const std::string& name, const OwnFolder::Parts& parts) const;

 private:
  bool is_entry(const std::string& name) const;
  void remove_old(const std::string& kept) const;

  OwnFolder folder_;
  std::vector<unsigned char> key_;
};

}  // namespace pose
