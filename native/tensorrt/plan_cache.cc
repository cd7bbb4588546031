#include "plan_cache.h"

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

constexpr const char* kKeyName = "cache-key";
constexpr const char* kPartialPrefix = ".partial-";
constexpr off_t kMaxBytes = off_t{2} << 30;
/** Plans of a few models and sizes; those of models that nobody runs any more would fill the disk. */
constexpr size_t kKeptFiles = 24;

EngineError failed(const std::string& path, const std::string& doing) {
  return EngineError("ENGINE_FAILED", path + ": " + doing + ": " + std::strerror(errno));
}

EngineError unsafe(const std::string& path, const std::string& why) {
  return EngineError("ENGINE_CACHE_UNSAFE", path + ": " + why);
}

/** Why nobody but this user can have written a file or folder; "" where that is so. */
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

using Parts = std::vector<std::pair<const void*, size_t>>;

/** Writes a file under a name that nobody else has, durably, and gives that name. */
std::string write_partial(int folder, const std::string& name, const Parts& parts) {
  unsigned char drawn[8];
  char text[2 * sizeof(drawn) + 1];
  randombytes_buf(drawn, sizeof(drawn));
  const std::string partial =
      kPartialPrefix + std::string(sodium_bin2hex(text, sizeof(text), drawn, sizeof(drawn)));
  const FileHandle file(
      ::openat(folder, partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  bool is_written = static_cast<bool>(file);
  for (const auto& [bytes, size] : parts) is_written = is_written && write_all(file.get(), bytes, size);
  if (is_written && ::fsync(file.get()) == 0) return partial;
  const int why = errno;
  ::unlinkat(folder, partial.c_str(), 0);
  errno = why;
  throw failed(name, "cannot be written");
}

/** The whole of a file, as old or new. */
void replace_file(int folder, const std::string& name, const Parts& parts) {
  const std::string partial = write_partial(folder, name, parts);
  if (::renameat(folder, partial.c_str(), folder, name.c_str()) == 0) {
    ::fsync(folder);
    return;
  }
  const int why = errno;
  ::unlinkat(folder, partial.c_str(), 0);
  errno = why;
  throw failed(name, "cannot be written");
}

/** A file that stays as it is where another process was first. */
void create_file(int folder, const std::string& name, const Parts& parts) {
  const std::string partial = write_partial(folder, name, parts);
  const bool is_there = ::linkat(folder, partial.c_str(), folder, name.c_str(), 0) == 0 || errno == EEXIST;
  const int why = errno;
  ::unlinkat(folder, partial.c_str(), 0);
  ::fsync(folder);
  errno = why;
  if (!is_there) throw failed(name, "cannot be written");
}

struct OpenedFile {
  FileHandle file;
  size_t bytes = 0;
  std::string refused;
};

/** A file of this user's own; not there: neither a file nor a reason. */
OpenedFile open_own_file(int folder, const std::string& name) {
  OpenedFile opened;
  FileHandle file(::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) {
    if (errno != ENOENT) opened.refused = errno == ELOOP ? "is a link" : std::strerror(errno);
    return opened;
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) {
    opened.refused = std::strerror(errno);
  } else if (!S_ISREG(status.st_mode)) {
    opened.refused = "is no file";
  } else if (status.st_size > kMaxBytes) {
    opened.refused = "is larger than any plan";
  } else {
    opened.refused = exposure(status);
  }
  if (!opened.refused.empty()) return opened;
  opened.file = std::move(file);
  opened.bytes = static_cast<size_t>(status.st_size);
  return opened;
}

/** The key that is there; empty where there is none, or a power cut has left a part of it. */
std::vector<unsigned char> load_key(const std::string& path, int folder) {
  std::vector<unsigned char> key(crypto_auth_hmacsha256_KEYBYTES);
  const OpenedFile opened = open_own_file(folder, kKeyName);
  if (!opened.refused.empty()) throw unsafe(path + "/" + kKeyName, opened.refused);
  if (!opened.file) return {};
  if (opened.bytes == key.size() && read_all(opened.file.get(), key.data(), key.size())) return key;
  ::unlinkat(folder, kKeyName, 0);
  return {};
}

/** The folder's key, drawn where there is none yet; what was signed with an older one is then built again.
 * Two processes that draw one at once end with the same. */
std::vector<unsigned char> read_key(const std::string& path, int folder) {
  std::vector<unsigned char> key = load_key(path, folder);
  if (!key.empty()) return key;
  std::vector<unsigned char> drawn(crypto_auth_hmacsha256_KEYBYTES);
  crypto_auth_hmacsha256_keygen(drawn.data());
  try {
    create_file(folder, kKeyName, {{drawn.data(), drawn.size()}});
  } catch (const EngineError& error) {
    throw EngineError(error.code(), path + "/" + error.what());
  }
  key = load_key(path, folder);
  if (key.empty()) throw EngineError("ENGINE_FAILED", path + "/" + kKeyName + ": cannot be read back");
  return key;
}

/** Regular files that this class wrote, newest first; and what an interrupted write has left. */
struct Listing {
  std::vector<std::pair<time_t, std::string>> files;
  std::vector<std::string> abandoned;
};

Listing list_files(int folder) {
  Listing listing;
  const int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(copy < 0 ? nullptr : ::fdopendir(copy), ::closedir);
  if (!entries) {
    const FileHandle unread(copy);
    return listing;
  }
  constexpr time_t kDay = 24 * 60 * 60;
  const time_t now = ::time(nullptr);
  while (const dirent* entry = ::readdir(entries.get())) {
    const std::string name = entry->d_name;
    struct stat status {};
    if (name == kKeyName || ::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!S_ISREG(status.st_mode)) continue;
    if (name.compare(0, std::strlen(kPartialPrefix), kPartialPrefix) != 0) {
      listing.files.emplace_back(status.st_mtime, name);
    } else if (now - status.st_mtime > kDay) {
      listing.abandoned.push_back(name);
    }
  }
  std::sort(listing.files.rbegin(), listing.files.rend());
  return listing;
}

}  // namespace

PlanCache::PlanCache(const std::string& folder) : path_(folder), folder_(open_folder(folder)) {
  if (sodium_init() < 0) throw EngineError("ENGINE_FAILED", "libsodium does not start");
  key_ = read_key(path_, folder_.get());
}

std::vector<unsigned char> PlanCache::code_of(const std::string& name, const void* bytes, size_t size) const {
  std::vector<unsigned char> code(crypto_auth_hmacsha256_BYTES);
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key_.data(), key_.size());
  // The name's end is told from the bytes' beginning by its zero byte.
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(name.c_str()),
                                name.size() + 1);
  crypto_auth_hmacsha256_update(&state, static_cast<const unsigned char*>(bytes), size);
  crypto_auth_hmacsha256_final(&state, code.data());
  return code;
}

CachedFile PlanCache::load(const std::string& name) const {
  CachedFile found;
  const auto refuse = [&](const std::string& why) {
    found.bytes.clear();
    if (!why.empty()) found.refused = path_of(name) + ": " + why;
    return found;
  };
  const OpenedFile opened = open_own_file(folder_.get(), name);
  if (!opened.file) return refuse(opened.refused);
  std::vector<unsigned char> code(crypto_auth_hmacsha256_BYTES);
  if (opened.bytes <= code.size()) return refuse("is too short");
  found.bytes.resize(opened.bytes - code.size());
  if (!read_all(opened.file.get(), code.data(), code.size()) ||
      !read_all(opened.file.get(), found.bytes.data(), found.bytes.size())) {
    return refuse("cannot be read to its end");
  }
  const std::vector<unsigned char> expected = code_of(name, found.bytes.data(), found.bytes.size());
  if (sodium_memcmp(code.data(), expected.data(), code.size()) != 0) {
    return refuse("is damaged, or was not written here");
  }
  ::futimens(opened.file.get(), nullptr);  // in use: the last to be deleted
  return found;
}

void PlanCache::store(const std::string& name, const void* bytes, size_t size) const {
  const std::vector<unsigned char> code = code_of(name, bytes, size);
  try {
    replace_file(folder_.get(), name, {{code.data(), code.size()}, {bytes, size}});
  } catch (const EngineError& error) {
    throw EngineError(error.code(), path_ + "/" + error.what());
  }
  remove_old();
}

void PlanCache::remove_old() const {
  const Listing listing = list_files(folder_.get());
  for (const std::string& name : listing.abandoned) ::unlinkat(folder_.get(), name.c_str(), 0);
  for (size_t i = kKeptFiles; i < listing.files.size(); ++i) {
    ::unlinkat(folder_.get(), listing.files[i].second.c_str(), 0);
  }
}

}  // namespace pose
