#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sdk_double {

enum class WireType { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

/** One field of a message in protobuf's wire format. */
struct ProtobufField {
  uint32_t number = 0;
  WireType type = WireType::varint;
  uint64_t bits = 0;       ///< of a varint or a fixed number
  std::string_view bytes;  ///< of text, bytes, a message or packed numbers; of whoever holds the message

  /** Each throws OnnxError where the field is of another wire type. */
  int64_t integer() const;
  float number32() const;
  std::string text() const { return std::string(message()); }
  std::string_view message() const;
  /** A repeated field may be packed or not; both append. */
  void append_integers(std::vector<int64_t>& integers) const;
  void append_floats(std::vector<float>& floats) const;
};

/** Reads the fields of a message in their order. Throws OnnxError (kMODEL_DESERIALIZE_FAILED) where the bytes
 * are no message. */
class ProtobufReader {
 public:
  explicit ProtobufReader(std::string_view message) : rest_(message) {}

  /** False at the end. */
  bool next(ProtobufField& field);

  bool is_at_end() const { return rest_.empty(); }
  uint64_t take_varint();
  uint64_t take_fixed(size_t bytes);

 private:
  std::string_view rest_;
};

}  // namespace sdk_double
