#include "digest.h"

#include <sodium.h>

namespace pose {

std::string sha512_hex(const void* bytes, size_t size) {
  unsigned char hash[crypto_hash_sha512_BYTES];
  crypto_hash_sha512(hash, static_cast<const unsigned char*>(bytes), size);
  char hex[2 * sizeof(hash) + 1];
  return sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
}

std::string entry_name(const std::string& facts) {
  constexpr size_t kDigits = 64;
  return sha512_hex(facts.data(), facts.size()).substr(0, kDigits);
}

}  // namespace pose
