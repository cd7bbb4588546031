#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "fuzzed_bytes.h"
#include "picture_ring.h"

namespace {

constexpr int slots = 4;
constexpr int side = 64;
constexpr size_t slot_bytes = size_t{3} * side * side;
constexpr size_t page = 4096;
/** What take() lets a camera use of its numbers within a moment, and some. */
constexpr uint64_t most_numbers = 100000;

/** What the writer says of a picture: mostly what fits. */
pose::PictureInfo next_info(pose::fuzz::FuzzedBytes& input) {
  pose::PictureInfo info;
  info.seq = input.byte();
  if ((info.seq & 0x80) != 0) info.seq = static_cast<uint64_t>(input.integer());
  info.width = input.byte() % 80;
  info.height = input.byte() % 80;
  info.scale = input.byte() % 5;
  info.format = static_cast<pose::PixelFormat>(input.byte() % 7);
  return info;
}

void check(const pose::PictureRing& ring, const pose::PictureRing::Taken& taken) {
  const pose::PictureInfo& info = taken.info;
  if (taken.slot < 0 || taken.slot >= slots || taken.pixels != ring.pixels(taken.slot)) std::abort();
  if (info.width <= 0 || info.height <= 0 || info.scale <= 0) std::abort();
  if (info.width % info.scale != 0 || info.height % info.scale != 0) std::abort();
  const size_t bytes = pose::picture_bytes(info.format, info.width / info.scale, info.height / info.scale);
  if (taken.bytes != bytes || bytes == 0 || bytes > slot_bytes) std::abort();
  // All of it is there to be read and written.
  taken.pixels[bytes - 1] = taken.pixels[0];
}

}  // namespace

/** A capture process in strange hands hands over what it likes, and writes what it likes to the memory that
 * it shares: the reader's pictures lie in their places all the same, are no larger than these, are handed out
 * once, and count up. */
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pose::fuzz::FuzzedBytes input(data, size);
  auto ring = pose::PictureRing::create(slots, slot_bytes);
  auto writer = pose::PictureRing::open(pose::FileHandle(dup(ring.descriptor())));
  void* mapped = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, ring.descriptor(), 0);
  if (mapped == MAP_FAILED) std::abort();
  auto* header = static_cast<uint8_t*>(mapped);
  std::array<bool, slots> held{};
  std::optional<uint64_t> before;
  while (!input.is_empty()) {
    const uint8_t kind = input.byte();
    switch (kind % 8) {
      case 0: {
        // Also over its shape, which counts no more once it was made.
        const int64_t value = input.integer();
        std::memcpy(header + (size_t{input.byte()} * 8) % (page - sizeof(value)), &value, sizeof(value));
        break;
      }
      case 1:
      case 2: {
        const auto taken = ring.take();
        if (!taken) break;
        check(ring, *taken);
        bool& is_held = held.at(static_cast<size_t>(taken->slot));
        if (is_held) std::abort();
        is_held = true;
        if (before && taken->info.seq <= *before) std::abort();
        if (taken->info.seq > most_numbers) std::abort();
        before = taken->info.seq;
        break;
      }
      case 3: {
        const size_t slot = kind / 8 % slots;
        if (held.at(slot)) ring.release(static_cast<int>(slot));
        held.at(slot) = false;
        break;
      }
      default: {
        const auto slot = writer.begin();
        if (!slot) break;
        if (kind % 8 == 4)
          writer.abandon(*slot);
        else
          writer.publish(*slot, next_info(input));
      }
    }
  }
  munmap(mapped, page);
  return 0;
}
