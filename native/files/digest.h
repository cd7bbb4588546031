#pragma once

#include <cstddef>
#include <string>

namespace pose {

/** SHA-512 in hexadecimal: of the hashes that libsodium and Node.js share, the quickest without help from the
 * processor. */
std::string sha512_hex(const void* bytes, size_t size);

/** What an entry of a cache is called: a hash of all that makes it another. */
std::string entry_name(const std::string& facts);

}  // namespace pose
