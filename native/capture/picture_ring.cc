#include "picture_ring.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace pose {
namespace {

constexpr uint64_t magic = 0x31676e6952657350;
constexpr size_t page = 4096;

enum State : uint32_t { free_slot, writing, ready, reading };

using Clock = std::chrono::steady_clock;

/** Numbers that a camera may have used: some for a start, and more a second than any camera gives. 2^40 last
 * for years. */
constexpr uint64_t numbers_at_once = 60000;
constexpr uint64_t numbers_a_second = 10000;

size_t whole_pages(size_t bytes) { return (bytes + page - 1) / page * page; }

/** Of memory that two processes share. */
void futex(std::atomic<uint32_t>& word, int operation, uint32_t value, const timespec* limit) {
  static_assert(sizeof(word) == sizeof(uint32_t), "the kernel looks at the word itself");
  syscall(SYS_futex, &word, operation, value, limit, nullptr, 0);
}

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

static_assert(std::atomic<uint32_t>::is_always_lock_free, "two processes share it");

struct PictureRing::Slot {
  std::atomic<uint32_t> state;
  /** That of `info`, to be looked at without holding the slot. */
  std::atomic<uint64_t> seq;
  PictureInfo info;
};

struct PictureRing::Shape {
  uint64_t magic;
  uint64_t slot_bytes;
  int64_t slots;
};

struct PictureRing::Header {
  Shape shape;
  /** The reader was woken and has not looked yet. */
  std::atomic<uint32_t> woken;
  /** Counts what the reader took and released. */
  std::atomic<uint32_t> moves;
  /** The writer waits for the next of them. */
  std::atomic<uint32_t> writer_waits;
  Slot slot[max_slots];
};

size_t picture_bytes(PixelFormat format, int width, int height) {
  const auto columns = static_cast<size_t>(width);
  const auto rows = static_cast<size_t>(height);
  if (format == PixelFormat::bgr) return columns * rows * 3;
  return columns * rows + 2 * ((columns + 1) / 2) * ((rows + 1) / 2);
}

PictureRing PictureRing::create(int slots, size_t slot_bytes) {
  if (slots < 3 || slots > max_slots || slot_bytes == 0 || slot_bytes > size_t{1} << 32) {
    throw std::invalid_argument("a ring has 3 to 32 slots of at most 4 GiB");
  }
  static_assert(sizeof(Header) <= page, "the pictures begin at the second page");
  FileHandle memory(memfd_create("pictures", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory) fail("making memory for pictures");
  const size_t bytes = page + static_cast<size_t>(slots) * whole_pages(slot_bytes);
  if (ftruncate(memory.get(), static_cast<off_t>(bytes)) != 0) fail("sizing memory for pictures");
  if (fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    fail("sealing memory for pictures");
  }
  PictureRing ring(std::move(memory), slots, slot_bytes);
  auto* header = new (ring.header_) Header{};
  header->shape = {magic, slot_bytes, slots};
  return ring;
}

PictureRing PictureRing::open(FileHandle descriptor) {
  struct stat stat {};
  if (fstat(descriptor.get(), &stat) != 0) fail("looking at memory for pictures");
  Shape shape{};
  if (pread(descriptor.get(), &shape, sizeof(shape), 0) != sizeof(shape) || shape.magic != magic ||
      shape.slots < 3 || shape.slots > max_slots ||
      page + static_cast<size_t>(shape.slots) * whole_pages(shape.slot_bytes) !=
          static_cast<size_t>(stat.st_size)) {
    throw std::runtime_error("the descriptor is no ring of pictures");
  }
  return {std::move(descriptor), static_cast<int>(shape.slots), shape.slot_bytes};
}

PictureRing::PictureRing(FileHandle memory, int slots, size_t slot_bytes)
    : memory_(std::move(memory)), slots_(slots), slot_bytes_(slot_bytes) {
  const size_t bytes = page + static_cast<size_t>(slots) * whole_pages(slot_bytes);
  void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory_.get(), 0);
  if (mapped == MAP_FAILED) fail("mapping memory for pictures");
  header_ = static_cast<Header*>(mapped);
}

PictureRing::PictureRing(PictureRing&& other) noexcept
    : memory_(std::move(other.memory_)),
      header_(std::exchange(other.header_, nullptr)),
      slots_(other.slots_),
      slot_bytes_(other.slot_bytes_),
      mapped_(other.mapped_),
      next_seq_(other.next_seq_),
      taken_(other.taken_) {}

PictureRing::~PictureRing() {
  if (header_ == nullptr) return;
  munmap(static_cast<void*>(header_), page + static_cast<size_t>(slots_) * whole_pages(slot_bytes_));
}

PictureRing::Slot& PictureRing::slot(int index) const { return header_->slot[index]; }

uint8_t* PictureRing::pixels(int index) const {
  return reinterpret_cast<uint8_t*>(header_) + page + static_cast<size_t>(index) * whole_pages(slot_bytes_);
}

std::optional<int> PictureRing::begin() {
  int waiting = 0;
  std::optional<int> unused;
  // The first that is free: a reader who keeps up makes the writer touch few of them, and only those cost
  // memory.
  for (int index = slots_ - 1; index >= 0; --index) {
    const uint32_t state = slot(index).state.load(std::memory_order_acquire);
    if (state == ready) ++waiting;
    if (state == free_slot) unused = index;
  }
  // A reader may take what waits meanwhile, and then the next: but not for ever.
  for (int look = 0; look < slots_ && (waiting >= max_waiting || !unused); ++look) {
    const auto oldest = oldest_ready();
    if (!oldest) break;
    uint32_t expected = ready;
    if (slot(*oldest).state.compare_exchange_strong(expected, writing, std::memory_order_acquire))
      return oldest;
  }
  if (unused) slot(*unused).state.store(writing, std::memory_order_relaxed);
  return unused;
}

std::optional<int> PictureRing::begin_unused() {
  int waiting = 0;
  std::optional<int> unused;
  for (int index = slots_ - 1; index >= 0; --index) {
    const uint32_t state = slot(index).state.load();
    if (state == ready) ++waiting;
    if (state == free_slot) unused = index;
  }
  if (waiting >= max_waiting || !unused) return std::nullopt;
  slot(*unused).state.store(writing, std::memory_order_relaxed);
  return unused;
}

std::optional<int> PictureRing::begin_in_turn(int wait_ms) {
  auto unused = begin_unused();
  if (unused) return unused;
  header_->writer_waits.store(1);
  const uint32_t seen = header_->moves.load();
  // What moved before `seen` is looked at here, what moves later ends the wait.
  unused = begin_unused();
  if (!unused) {
    const timespec limit{wait_ms / 1000, wait_ms % 1000 * 1000000L};
    futex(header_->moves, FUTEX_WAIT, seen, &limit);
    unused = begin_unused();
  }
  header_->writer_waits.store(0);
  return unused;
}

void PictureRing::tell_writer() {
  header_->moves.fetch_add(1);
  if (header_->writer_waits.load() != 0) futex(header_->moves, FUTEX_WAKE, 1, nullptr);
}

std::optional<int> PictureRing::oldest_ready() const {
  std::optional<int> oldest;
  uint64_t least = 0;
  for (int index = 0; index < slots_; ++index) {
    if (slot(index).state.load() != ready || (taken_ >> index & 1) != 0) continue;
    const uint64_t seq = slot(index).seq.load(std::memory_order_relaxed);
    if (oldest && seq >= least) continue;
    oldest = index;
    least = seq;
  }
  return oldest;
}

bool PictureRing::publish(int index, const PictureInfo& info) {
  slot(index).info = info;
  slot(index).seq.store(info.seq, std::memory_order_relaxed);
  // Before `woken` is looked at, for both sides: no wake-up is lost. So both are sequentially consistent.
  slot(index).state.store(ready);
  return header_->woken.exchange(1) == 0;
}

void PictureRing::abandon(int index) { slot(index).state.store(free_slot, std::memory_order_release); }

std::optional<PictureRing::Taken> PictureRing::take() {
  header_->woken.store(0);
  for (int look = 0; look < slots_; ++look) {
    const auto oldest = oldest_ready();
    if (!oldest) return std::nullopt;
    uint32_t expected = ready;
    // The writer needs room, too, and may have written something newer to the same place.
    if (!slot(*oldest).state.compare_exchange_strong(expected, reading, std::memory_order_acquire)) continue;
    Taken taken;
    taken.slot = *oldest;
    taken.info = slot(*oldest).info;
    if (taken.info.seq < next_seq_) {
      release(*oldest);
      continue;
    }
    // A writer in strange hands must not use the numbers up.
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - mapped_);
    const uint64_t most = numbers_at_once + numbers_a_second * static_cast<uint64_t>(seconds.count());
    if (taken.info.seq > most) taken.info.seq = next_seq_;
    next_seq_ = taken.info.seq + 1;
    taken.pixels = pixels(*oldest);
    const PictureInfo& info = taken.info;
    const bool known = info.format <= PixelFormat::i420_bt709_full;
    const bool scaled = info.scale > 0 && info.width % info.scale == 0 && info.height % info.scale == 0;
    // Within 16 bits a side nothing below overflows.
    if (known && scaled && info.width > 0 && info.height > 0 && info.width <= 65536 && info.height <= 65536) {
      taken.bytes = picture_bytes(info.format, info.width / info.scale, info.height / info.scale);
      if (taken.bytes <= slot_bytes_) {
        taken_ |= uint32_t{1} << *oldest;
        tell_writer();
        return taken;
      }
    }
    release(*oldest);
  }
  return std::nullopt;
}

void PictureRing::release(int index) {
  taken_ &= ~(uint32_t{1} << index);
  slot(index).state.store(free_slot);
  tell_writer();
}

}  // namespace pose
