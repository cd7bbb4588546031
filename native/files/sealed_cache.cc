#include "sealed_cache.h"

#include <sodium.h>
#include <sys/stat.h>

#include <cstdint>
#include <cstring>

#include "pose/engine.h"

namespace pose {
namespace {

constexpr const char* kKeyName = "cache-key";
/** Compiled models of a few models and sizes; those of models that nobody runs any more would fill the disk.
 */
constexpr size_t kKeptFiles = 24;
constexpr off_t kKeptBytes = off_t{2} << 30;
constexpr time_t kKeptSeconds = 180L * 24 * 60 * 60;
/** Of this form of file; others are those of other versions. */
constexpr char kMagic[8] = {'p', 'o', 's', 'e', 'd', '0', '0', '2'};

/** In front of an entry's bytes, as this machine writes it. */
struct Header {
  char magic[sizeof(kMagic)];
  uint64_t bytes;
  unsigned char hash[crypto_hash_sha512_BYTES];
  unsigned char code[crypto_auth_hmacsha512256_BYTES];
};
static_assert(sizeof(Header) == 112, "written and read as a whole, so nothing may lie between its parts");

using Key = std::vector<unsigned char>;

/** HMAC of a header's other parts and the entry's name. */
void compute_code(const Header& header, const std::string& name, const Key& key, unsigned char* code) {
  crypto_auth_hmacsha512256_state state;
  crypto_auth_hmacsha512256_init(&state, key.data(), key.size());
  crypto_auth_hmacsha512256_update(&state, reinterpret_cast<const unsigned char*>(&header),
                                   offsetof(Header, code));
  crypto_auth_hmacsha512256_update(&state, reinterpret_cast<const unsigned char*>(name.data()), name.size());
  crypto_auth_hmacsha512256_final(&state, code);
}

/** The key that is there; empty where there is none. One that a power cut has torn, or that others may have
 * seen or written, is removed: no file is believed by it. */
Key load_key(const OwnFolder& folder) {
  Key key(crypto_auth_hmacsha512256_KEYBYTES);
  const OpenedFile opened = folder.open(kKeyName);
  if (!opened.file && opened.refused.empty()) return {};
  const bool is_whole = opened.file && opened.bytes == static_cast<off_t>(key.size());
  if (is_whole && read_all(opened.file.get(), key.data(), key.size())) return key;
  folder.remove(kKeyName);
  return {};
}

/** The folder's key, drawn where there is none to use; what was signed with an older one is then made again.
 * Two processes that draw one at once end with the same. */
Key read_key(const OwnFolder& folder) {
  Key key = load_key(folder);
  if (!key.empty()) return key;
  Key drawn(crypto_auth_hmacsha512256_KEYBYTES);
  crypto_auth_hmacsha512256_keygen(drawn.data());
  folder.create(kKeyName, {{drawn.data(), drawn.size()}});
  key = load_key(folder);
  if (key.empty()) {
    throw EngineError("ENGINE_FAILED", folder.path_of(kKeyName) + ": cannot be read back");
  }
  return key;
}

/** Reads `opened` to its end into `bytes`; gives why it is refused, or "". Nothing is allocated before the
 * header is known to be one of ours. */
std::string read_checked(const OpenedFile& opened, const std::string& name, const Key& key,
                         PageBuffer& bytes) {
  constexpr const char* kDamaged = "is damaged, or was not written here";
  Header header{};
  if (opened.bytes <= static_cast<off_t>(sizeof(header))) return "is too short";
  if (!read_all(opened.file.get(), &header, sizeof(header))) return "cannot be read";
  unsigned char code[sizeof(header.code)];
  compute_code(header, name, key, code);
  if (std::memcmp(header.magic, kMagic, sizeof(kMagic)) != 0 ||
      sodium_memcmp(header.code, code, sizeof(code)) != 0 ||
      header.bytes != static_cast<uint64_t>(opened.bytes) - sizeof(header)) {
    return kDamaged;
  }
  PageBuffer read(header.bytes);
  if (!read_all(opened.file.get(), read.data(), read.size())) return "cannot be read to its end";
  unsigned char hash[sizeof(header.hash)];
  crypto_hash_sha512(hash, reinterpret_cast<const unsigned char*>(read.data()), read.size());
  if (sodium_memcmp(header.hash, hash, sizeof(hash)) != 0) return kDamaged;
  bytes = std::move(read);
  return "";
}

void start_sodium() {
  if (sodium_init() < 0) throw EngineError("ENGINE_FAILED", "libsodium does not start");
}

}  // namespace

SealedCache::SealedCache(const std::string& folder) : folder_((start_sodium(), folder)) {
  key_ = read_key(folder_);
}

CachedFile SealedCache::load(const std::string& name) const {
  CachedFile found;
  const OpenedFile opened = folder_.open(name);
  std::string why = opened.refused;
  if (opened.file) why = read_checked(opened, name, key_, found.bytes);
  if (!why.empty()) {
    folder_.remove(name);
    found.refused = folder_.path_of(name) + ": " + why;
  } else if (opened.file) {
    ::futimens(opened.file.get(), nullptr);  // in use: the last to be deleted
  }
  return found;
}

void SealedCache::store(const std::string& name, const OwnFolder::Parts& parts) const {
  Header header{};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  for (const auto& [bytes, size] : parts) {
    header.bytes += size;
    crypto_hash_sha512_update(&state, static_cast<const unsigned char*>(bytes), size);
  }
  crypto_hash_sha512_final(&state, header.hash);
  compute_code(header, name, key_, header.code);
  OwnFolder::Parts all{{&header, sizeof(header)}};
  all.insert(all.end(), parts.begin(), parts.end());
  folder_.replace(name, all);
  remove_old(name);
}

bool SealedCache::is_entry(const std::string& name) const {
  const OpenedFile opened = folder_.open(name);
  char magic[sizeof(kMagic)];
  return opened.file && read_all(opened.file.get(), magic, sizeof(magic)) &&
         std::memcmp(magic, kMagic, sizeof(magic)) == 0;
}

void SealedCache::remove_old(const std::string& kept) const {
  const time_t now = ::time(nullptr);
  size_t files = 0;
  off_t bytes = 0;
  for (const OwnFolder::Entry& entry : folder_.list()) {
    if (entry.name == kKeyName) continue;
    const bool is_old = now - entry.changed > kKeptSeconds;
    const bool is_too_much = files >= kKeptFiles || bytes + entry.bytes > kKeptBytes;
    if (entry.name != kept && (is_old || is_too_much || !is_entry(entry.name))) {
      folder_.remove(entry.name);
    } else {
      ++files;
      bytes += entry.bytes;
    }
  }
}

}  // namespace pose
