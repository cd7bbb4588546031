#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "file_handle.h"

namespace pose {

/** How a picture's bytes are laid out, 8 bits a sample. Planes follow one another, rows are packed. */
enum class PixelFormat : uint32_t {
  bgr = 0,  ///< interleaved, height rows of width * 3 bytes
  /** Y, then U and V of half the width and height, rounded up. Then what levels mean: matrix and range. */
  i420_bt601 = 1,
  i420_bt601_full = 2,
  i420_bt709 = 3,
  i420_bt709_full = 4,
};

/** Bytes of a picture. */
size_t picture_bytes(PixelFormat format, int width, int height);

/** For clock_error_ns: the capture time is when the picture came. */
constexpr int64_t no_camera_clock = -2;

/** What a picture is, beside its bytes. */
struct PictureInfo {
  uint64_t seq = 0;         ///< counts the camera's pictures from 0, those that nobody looked at too
  int64_t captured_ns = 0;  ///< CLOCK_MONOTONIC
  int32_t width = 0;        ///< of the camera's frame
  int32_t height = 0;
  /** Pixels of the frame to one that is there, each way; divides width and height. */
  int32_t scale = 1;
  PixelFormat format = PixelFormat::bgr;
  /** Of captured_ns, where it is by the camera's own clock: camera_clock.h; else no_camera_clock. */
  int64_t clock_error_ns = no_camera_clock;
  int32_t key = -1;  ///< 1 for a key frame, 0 for another, -1 where that is not known
};

/** Pictures on their way from one process that writes them to one that reads them, in memory that both have
 * mapped, in their order. Of those that nobody has taken yet two are kept, as they come in bursts: a live
 * camera's oldest makes room for the next, and nobody ever waits; a recording's next waits until there is
 * room.
 *
 * The memory is a memfd of a sealed size, made by the reader: the writer can neither shrink it under the
 * reader nor let it grow. It costs what was written to, not what it could hold. The reader believes the
 * writer nothing: a picture that does not fit its slot is not handed out. */
class PictureRing {
 public:
  static constexpr int max_slots = 32;
  static constexpr int max_waiting = 2;

  struct Taken {
    int slot = 0;
    PictureInfo info;
    uint8_t* pixels = nullptr;  ///< picture_bytes(), until release()
    size_t bytes = 0;
  };

  /** The reader's end. Of `slots` 2 are the writer's: all others may be taken at the same time. Throws
   * std::invalid_argument unless 3 <= slots <= max_slots, std::system_error where there is no memory. */
  static PictureRing create(int slots, size_t slot_bytes);
  /** The writer's end of what `descriptor` names; the descriptor is its own from then on. Throws
   * std::system_error, and std::runtime_error where it is no ring. */
  static PictureRing open(FileHandle descriptor);

  PictureRing(PictureRing&& other) noexcept;
  PictureRing& operator=(PictureRing&&) = delete;
  ~PictureRing();

  int descriptor() const { return memory_.get(); }
  int slots() const { return slots_; }
  size_t slot_bytes() const { return slot_bytes_; }
  uint8_t* pixels(int slot) const;

  /** Writer: a slot to write the next picture to, at most slot_bytes(); none while the reader holds all
   * others. */
  std::optional<int> begin();
  /** Writer: the same for whoever is to lose nothing: there is none while max_waiting wait. Waits for the
   * reader's next move, at most `wait_ms` or until a signal comes; none where there is none after that. */
  std::optional<int> begin_in_turn(int wait_ms);
  /** Writer: hands it over. True where the reader has to be woken: it has looked since it was woken last. */
  bool publish(int slot, const PictureInfo& info);
  /** Writer: gives a slot of begin() back unwritten. */
  void abandon(int slot);

  /** Reader: the oldest picture that is there and was not taken yet. */
  std::optional<Taken> take();
  /** Reader: what was taken may be written over. */
  void release(int slot);

 private:
  struct Shape;
  struct Header;
  struct Slot;

  PictureRing(FileHandle memory, int slots, size_t slot_bytes);
  Slot& slot(int index) const;
  std::optional<int> oldest_ready() const;
  /** A free slot, where fewer than max_waiting wait. */
  std::optional<int> begin_unused();
  /** Reader: there may be room now. */
  void tell_writer();

  FileHandle memory_;
  Header* header_ = nullptr;
  int slots_ = 0;
  size_t slot_bytes_ = 0;
  std::chrono::steady_clock::time_point mapped_ = std::chrono::steady_clock::now();
  uint64_t next_seq_ = 0;  ///< the reader's: above all that it took
  uint32_t taken_ = 0;     ///< the reader's, a bit a slot: whatever the writer says of it
};

}  // namespace pose
