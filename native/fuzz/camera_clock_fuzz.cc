#include <cstdint>
#include <cstdlib>

#include "camera_clock.h"
#include "fuzzed_bytes.h"

/** Whatever a camera stamps on its pictures, each was taken after the one before and before it came. */
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pose::fuzz::FuzzedBytes input(data, size);
  pose::CameraClock clock;
  int64_t arrival = 1000000000;
  int64_t stamp = 0;
  int64_t before = 0;
  while (!input.is_empty()) {
    const uint8_t kind = input.byte();
    const int64_t step = int64_t{input.byte()} * 1000000 + 1;
    arrival += (kind & 0x80) != 0 ? 50 * step : step;
    if (kind % 4 == 0) stamp = input.integer();
    if (kind % 4 == 1 && stamp < INT64_MAX - step) stamp += step;
    const int64_t captured = clock.captured(stamp, arrival);
    if (captured > arrival || captured <= before) std::abort();
    if (clock.error() < -1) std::abort();
    before = captured;
  }
  return 0;
}
