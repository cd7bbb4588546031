#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace pose {

/** Decodes JPEGs to BGR, one after the other. What cannot be decoded costs nothing but itself. */
class JpegDecoder {
 public:
  struct Size {
    int width = 0;  ///< 0 where it is no JPEG
    int height = 0;
  };

  JpegDecoder();
  ~JpegDecoder();

  /** Reads what a picture says of itself; `bytes` must stay until decode(). */
  Size read_header(const uint8_t* bytes, size_t size);
  /** Writes rows of width / reduction * 3 bytes, height / reduction of them; both are to be whole numbers.
   * `reduction` is 1, 2, 4 or 8: less is computed for a smaller picture. False where it is damaged so that
   * nothing can be made of it; one that only ends early has grey rows. */
  bool decode(uint8_t* bgr, int reduction = 1);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pose
