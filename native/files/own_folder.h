#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "file_handle.h"

namespace pose {

/** A file that is opened for reading. */
struct OpenedFile {
  FileHandle file;  ///< none where there is no such file, or it is refused
  off_t bytes = 0;
  std::string refused;  ///< why a file that is there is not read; "" otherwise
};

bool read_all(int descriptor, void* bytes, size_t size);

/** A folder whose files only this user can have written: it and they belong to it alone (mode 0700 and 0600)
 * and are no links. `name` is always a plain file name. */
class OwnFolder {
 public:
  using Parts = std::vector<std::pair<const void*, size_t>>;

  /** Makes it where it is missing. Throws EngineError ENGINE_CACHE_UNSAFE where others own or may use it,
   * ENGINE_FAILED where it cannot be made. */
  explicit OwnFolder(std::string path);

  std::string path_of(const std::string& name) const { return path_ + "/" + name; }
  OpenedFile open(const std::string& name) const;
  /** Replaces a file as a whole and durably, or leaves the old one. Throws EngineError ENGINE_FAILED. */
  void replace(const std::string& name, const Parts& parts) const;
  /** The same for a file that stays as it is where another process was first. */
  void create(const std::string& name, const Parts& parts) const;
  /** False where it stays, as a folder does. */
  bool remove(const std::string& name) const;

  struct Entry {
    std::string name;
    time_t changed = 0;
    off_t bytes = 0;
  };
  /** Regular files, newest first; what an interrupted write left a day ago is removed on the way. */
  std::vector<Entry> list() const;

 private:
  std::string write_partial(const std::string& name, const Parts& parts) const;

  std::string path_;
  FileHandle folder_;
};

}  // namespace pose
