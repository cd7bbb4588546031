#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace sdk_double {

/** Puts numbers and texts one after the other. */
class ByteWriter {
 public:
  void put_number(int64_t number) {
    const auto* bytes = reinterpret_cast<const char*>(&number);
    bytes_.insert(bytes_.end(), bytes, bytes + sizeof(number));
  }
  void put_text(std::string_view text) {
    put_number(static_cast<int64_t>(text.size()));
    bytes_.insert(bytes_.end(), text.begin(), text.end());
  }
  std::vector<char>& bytes() { return bytes_; }

 private:
  std::vector<char> bytes_;
};

/** Takes them back. Throws std::out_of_range where the bytes end before. */
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  int64_t take_number() {
    int64_t number = 0;
    const std::string_view bytes = take(sizeof(number));
    std::memcpy(&number, bytes.data(), sizeof(number));
    return number;
  }
  std::string take_text() { return std::string(take(static_cast<uint64_t>(take_number()))); }
  bool is_at_end() const { return rest_.empty(); }

 private:
  std::string_view take(uint64_t size) {
    if (size > rest_.size()) throw std::out_of_range("the bytes end too early");
    const std::string_view taken = rest_.substr(0, static_cast<size_t>(size));
    rest_.remove_prefix(static_cast<size_t>(size));
    return taken;
  }

  std::string_view rest_;
};

}  // namespace sdk_double
