#include "sealed_bytes.h"

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>

namespace sdk_double {
namespace {

/** FNV-1a of 64 bits. */
uint64_t check_sum(std::string_view bytes) {
  uint64_t sum = 14695981039346656037ULL;
  for (const char byte : bytes) sum = (sum ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
  return sum;
}

}  // namespace

std::vector<char> seal(std::string_view mark, const std::vector<char>& bytes) {
  std::vector<char> sealed(mark.begin(), mark.end());
  sealed.insert(sealed.end(), bytes.begin(), bytes.end());
  const uint64_t sum = check_sum({sealed.data(), sealed.size()});
  const auto* end = reinterpret_cast<const char*>(&sum);
  sealed.insert(sealed.end(), end, end + sizeof(sum));
  return sealed;
}

std::string_view unseal(std::string_view mark, std::string_view sealed) {
  uint64_t sum = 0;
  if (sealed.size() < mark.size() + sizeof(sum) || sealed.substr(0, mark.size()) != mark) {
    throw std::invalid_argument("they do not begin with " + std::string(mark));
  }
  const std::string_view body = sealed.substr(0, sealed.size() - sizeof(sum));
  std::memcpy(&sum, sealed.data() + body.size(), sizeof(sum));
  if (check_sum(body) != sum) throw std::invalid_argument("they are cut or altered");
  return body.substr(mark.size());
}

}  // namespace sdk_double
