#include "own_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "pose/engine.h"

namespace pose {
namespace {

constexpr const char* kPartialPrefix = ".partial-";

EngineError failed(const std::string& path, const std::string& doing) {
  return EngineError("ENGINE_FAILED", path + ": " + doing + ": " + std::strerror(errno));
}

EngineError unsafe(const std::string& path, const std::string& why) {
  return EngineError("ENGINE_CACHE_UNSAFE", path + ": " + why);
}

/** Why others than this user can have written a file or folder; "" where they cannot. */
std::string exposure(const struct stat& status) {
  if (status.st_uid != ::geteuid()) {
    return "belongs to user " + std::to_string(status.st_uid) + ", and this is user " +
           std::to_string(::geteuid());
  }
  char mode[8];
  std::snprintf(mode, sizeof(mode), "%04o", status.st_mode & 07777U);
  return (status.st_mode & 077U) == 0 ? "" : std::string("others may use it (mode ") + mode + ")";
}

FileHandle open_folder(const std::string& path) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) throw failed(path, "cannot be made");
  FileHandle folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) {
    if (errno == ELOOP || errno == ENOTDIR) throw unsafe(path, "is no folder but a link or a file");
    throw failed(path, "cannot be opened");
  }
  struct stat status {};
  if (::fstat(folder.get(), &status) != 0) throw failed(path, "cannot be looked at");
  const std::string why = exposure(status);
  if (!why.empty()) throw unsafe(path, why);
  return folder;
}

bool write_all(int descriptor, const void* bytes, size_t size) {
  const char* next = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t written = ::write(descriptor, next, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    next += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

}  // namespace

bool read_all(int descriptor, void* bytes, size_t size) {
  char* next = static_cast<char*>(bytes);
  while (size > 0) {
    const ssize_t count = ::read(descriptor, next, size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    next += count;
    size -= static_cast<size_t>(count);
  }
  return true;
}

OwnFolder::OwnFolder(std::string path) : path_(std::move(path)), folder_(open_folder(path_)) {}

OpenedFile OwnFolder::open(const std::string& name) const {
  OpenedFile opened;
  FileHandle file(::openat(folder_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) {
    if (errno != ENOENT) opened.refused = errno == ELOOP ? "is a link" : std::strerror(errno);
    return opened;
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) {
    opened.refused = std::strerror(errno);
  } else if (!S_ISREG(status.st_mode)) {
    opened.refused = "is no file";
  } else {
    opened.refused = exposure(status);
  }
  if (!opened.refused.empty()) return opened;
  opened.file = std::move(file);
  opened.bytes = status.st_size;
  return opened;
}

/** Writes a file under a name that nobody else has, durably, and gives that name. */
std::string OwnFolder::write_partial(const std::string& name, const Parts& parts) const {
  unsigned char drawn[8];
  char text[2 * sizeof(drawn) + 1];
  randombytes_buf(drawn, sizeof(drawn));
  const std::string partial =
      kPartialPrefix + std::string(sodium_bin2hex(text, sizeof(text), drawn, sizeof(drawn)));
  const FileHandle file(
      ::openat(folder_.get(), partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  bool is_written = static_cast<bool>(file);
  for (const auto& [bytes, size] : parts) is_written = is_written && write_all(file.get(), bytes, size);
  if (is_written && ::fsync(file.get()) == 0) return partial;
  const int why = errno;
  ::unlinkat(folder_.get(), partial.c_str(), 0);
  errno = why;
  throw failed(path_of(name), "cannot be written");
}

void OwnFolder::replace(const std::string& name, const Parts& parts) const {
  const std::string partial = write_partial(name, parts);
  if (::renameat(folder_.get(), partial.c_str(), folder_.get(), name.c_str()) == 0) {
    ::fsync(folder_.get());
    return;
  }
  const int why = errno;
  ::unlinkat(folder_.get(), partial.c_str(), 0);
  errno = why;
  throw failed(path_of(name), "cannot be written");
}

void OwnFolder::create(const std::string& name, const Parts& parts) const {
  const std::string partial = write_partial(name, parts);
  const bool is_there =
      ::linkat(folder_.get(), partial.c_str(), folder_.get(), name.c_str(), 0) == 0 || errno == EEXIST;
  const int why = errno;
  ::unlinkat(folder_.get(), partial.c_str(), 0);
  ::fsync(folder_.get());
  errno = why;
  if (!is_there) throw failed(path_of(name), "cannot be written");
}

bool OwnFolder::remove(const std::string& name) const {
  return ::unlinkat(folder_.get(), name.c_str(), 0) == 0 || errno == ENOENT;
}

std::vector<OwnFolder::Entry> OwnFolder::list() const {
  std::vector<Entry> files;
  const int copy = ::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(copy < 0 ? nullptr : ::fdopendir(copy), ::closedir);
  if (!entries) {
    const FileHandle unread(copy);
    return files;
  }
  constexpr time_t kDay = 24 * 60 * 60;
  const time_t now = ::time(nullptr);
  while (const dirent* entry = ::readdir(entries.get())) {
    const std::string name = entry->d_name;
    struct stat status {};
    if (::fstatat(folder_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!S_ISREG(status.st_mode)) continue;
    if (name.compare(0, std::strlen(kPartialPrefix), kPartialPrefix) != 0) {
      files.push_back({name, status.st_mtime, status.st_size});
    } else if (now - status.st_mtime > kDay) {
      remove(name);
    }
  }
  std::sort(files.begin(), files.end(), [](const Entry& one, const Entry& other) {
    return std::tie(one.changed, one.name) > std::tie(other.changed, other.name);
  });
  return files;
}

}  // namespace pose
