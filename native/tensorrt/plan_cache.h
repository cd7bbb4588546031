#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "file_handle.h"

namespace pose {

/** What a look into the cache gave. */
struct CachedFile {
  std::vector<char> bytes;  ///< empty where there is none to use
  std::string refused;      ///< why a file that is there is not used; "" where there is none
};

/** A folder of what TensorRT built here. A plan is executable code, so only files are read that this user
 * wrote here: the folder and its files belong to it alone (mode 0700 and 0600, no links), and each file
 * begins with an HMAC-SHA256 over its name and its bytes, by a key that was drawn for this folder. */
class PlanCache {
 public:
  /** Makes the folder and the key where they are missing. Throws EngineError ENGINE_CACHE_UNSAFE where others
   * own or may write them, ENGINE_FAILED where they cannot be made. */
  explicit PlanCache(const std::string& folder);

  /** `name` is a plain file name. */
  CachedFile load(const std::string& name) const;
  /** Replaces the file as a whole, or leaves the old one. Keeps the newest files of all, and deletes the
   * others. Throws EngineError ENGINE_FAILED where it cannot be written. */
  void store(const std::string& name, const void* bytes, size_t size) const;

 private:
  std::string path_of(const std::string& name) const { return path_ + "/" + name; }
  std::vector<unsigned char> code_of(const std::string& name, const void* bytes, size_t size) const;
  void remove_old() const;

  std::string path_;
  FileHandle folder_;
  std::vector<unsigned char> key_;
};

}  // namespace pose
