#include "picture_ring.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace pose {
namespace {

constexpr int width = 64;
constexpr int height = 48;
constexpr size_t slot_bytes = 64 * 48 * 3;

PictureRing writers_end(const PictureRing& ring) {
  return PictureRing::open(FileHandle(dup(ring.descriptor())));
}

PictureInfo picture(uint64_t seq) {
  PictureInfo info;
  info.seq = seq;
  info.captured_ns = static_cast<int64_t>(seq) * 1000;
  info.width = width;
  info.height = height;
  return info;
}

/** Every byte of a picture is its number. */
bool write(PictureRing& ring, uint64_t seq) {
  const auto slot = ring.begin();
  if (!slot) return false;
  std::memset(ring.pixels(*slot), static_cast<int>(seq % 251), slot_bytes);
  return ring.publish(*slot, picture(seq));
}

TEST(PictureRing, HandsOutThePictureThatWasWritten) {
  PictureRing reader = PictureRing::create(3, slot_bytes);
  PictureRing writer = writers_end(reader);
  EXPECT_FALSE(reader.take());
  EXPECT_TRUE(write(writer, 7));
  const auto taken = reader.take();
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->info.seq, 7U);
  EXPECT_EQ(taken->info.captured_ns, 7000);
  EXPECT_EQ(taken->bytes, slot_bytes);
  EXPECT_EQ(taken->pixels[slot_bytes - 1], 7);
  EXPECT_FALSE(reader.take()) << "once";
}

TEST(PictureRing, HandsOutNothingThatIsTakenWhateverTheWriterSays) {
  PictureRing reader = PictureRing::create(3, slot_bytes);
  PictureRing writer = writers_end(reader);
  write(writer, 7);
  const auto taken = reader.take();
  ASSERT_TRUE(taken);
  writer.publish(taken->slot, picture(8));
  EXPECT_FALSE(reader.take());
  reader.release(taken->slot);
  write(writer, 9);
  EXPECT_TRUE(reader.take()) << "the slot is used again";
}

TEST(PictureRing, LetsNobodyUseTheNumbersUp) {
  PictureRing reader = PictureRing::create(4, slot_bytes);
  PictureRing writer = writers_end(reader);
  write(writer, 7);
  EXPECT_EQ(reader.take()->info.seq, 7U);
  write(writer, 60000);
  EXPECT_EQ(reader.take()->info.seq, 60000U) << "so many may be passed over";
  write(writer, 110000);
  EXPECT_EQ(reader.take()->info.seq, 60001U) << "and not as many again at once";
  write(writer, uint64_t{1} << 50);
  EXPECT_EQ(reader.take()->info.seq, 60002U);
}

TEST(PictureRing, KeepsABurstAndDropsTheOldest) {
  PictureRing reader = PictureRing::create(8, slot_bytes);
  PictureRing writer = writers_end(reader);
  for (uint64_t seq = 0; seq < 100; ++seq) write(writer, seq);
  for (uint64_t seq = 98; seq < 100; ++seq) {
    const auto taken = reader.take();
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->info.seq, seq);
    reader.release(taken->slot);
  }
  EXPECT_FALSE(reader.take());
}

TEST(PictureRing, WakesTheReaderOnceUntilItLooks) {
  PictureRing reader = PictureRing::create(4, slot_bytes);
  PictureRing writer = writers_end(reader);
  EXPECT_TRUE(write(writer, 0));
  EXPECT_FALSE(write(writer, 1));
  reader.take();
  EXPECT_TRUE(write(writer, 2));
}

TEST(PictureRing, OfARecordingTheNextPictureWaitsUntilThereIsRoom) {
  PictureRing reader = PictureRing::create(4, slot_bytes);
  PictureRing writer = writers_end(reader);
  for (uint64_t seq = 0; seq < PictureRing::max_waiting; ++seq) {
    const auto slot = writer.begin_in_turn(0);
    ASSERT_TRUE(slot);
    writer.publish(*slot, picture(seq));
  }
  EXPECT_FALSE(writer.begin_in_turn(1)) << "two wait";
  const auto taken = reader.take();
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->info.seq, 0U) << "none was lost";
  const auto slot = writer.begin_in_turn(0);
  ASSERT_TRUE(slot) << "one was taken";
  writer.publish(*slot, picture(2));
  const auto second = reader.take();
  ASSERT_TRUE(second);
  EXPECT_TRUE(reader.take());
  const auto last = writer.begin_in_turn(0);
  ASSERT_TRUE(last);
  writer.publish(*last, picture(3));
  EXPECT_FALSE(writer.begin_in_turn(1)) << "the reader holds all others";
  reader.release(second->slot);
  EXPECT_TRUE(writer.begin_in_turn(0));
}

TEST(PictureRing, WritesOverNothingThatIsTaken) {
  PictureRing reader = PictureRing::create(4, slot_bytes);
  PictureRing writer = writers_end(reader);
  write(writer, 1);
  const auto first = reader.take();
  write(writer, 2);
  const auto second = reader.take();
  for (uint64_t seq = 3; seq < 50; ++seq) write(writer, seq);
  EXPECT_EQ(first->pixels[0], 1);
  EXPECT_EQ(second->pixels[0], 2);
  reader.release(first->slot);
  reader.release(second->slot);
  EXPECT_EQ(reader.take()->info.seq, 48U);
}

TEST(PictureRing, HasNoRoomWhileTheReaderHoldsEverything) {
  PictureRing reader = PictureRing::create(3, slot_bytes);
  PictureRing writer = writers_end(reader);
  for (uint64_t seq = 0; seq < 3; ++seq) {
    write(writer, seq);
    ASSERT_TRUE(reader.take());
  }
  EXPECT_FALSE(writer.begin());
  reader.release(1);
  const auto slot = writer.begin();
  ASSERT_EQ(slot, 1);
  writer.abandon(*slot);
  EXPECT_FALSE(reader.take());
  EXPECT_EQ(writer.begin(), 1);
}

TEST(PictureRing, BelievesTheWriterNoSize) {
  PictureRing reader = PictureRing::create(3, slot_bytes);
  PictureRing writer = writers_end(reader);
  uint64_t seq = 0;
  for (const auto& [wide, high] :
       {std::pair{width, height + 1}, {0, 5}, {-1, 5}, {5, 1 << 30}, {65536, 65536}}) {
    PictureInfo lie = picture(++seq);
    lie.width = wide;
    lie.height = high;
    writer.publish(*writer.begin(), lie);
    EXPECT_FALSE(reader.take()) << wide << "x" << high;
  }
  PictureInfo lie = picture(++seq);
  lie.format = static_cast<PixelFormat>(7);
  writer.publish(*writer.begin(), lie);
  EXPECT_FALSE(reader.take());
  for (const int scale : {0, -1, 5, 128}) {
    lie = picture(++seq);
    lie.scale = scale;
    writer.publish(*writer.begin(), lie);
    EXPECT_FALSE(reader.take()) << "scale " << scale;
  }
  EXPECT_TRUE(write(writer, ++seq));
  EXPECT_TRUE(reader.take()) << "and goes on";
}

TEST(PictureRing, CarriesPicturesSmallerThanTheirFrame) {
  PictureRing reader = PictureRing::create(3, slot_bytes);
  PictureRing writer = writers_end(reader);
  PictureInfo small = picture(0);
  small.width = 4 * width;
  small.height = 4 * height;
  small.scale = 4;
  writer.publish(*writer.begin(), small);
  const auto taken = reader.take();
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->info.width, 4 * width);
  EXPECT_EQ(taken->info.scale, 4);
  EXPECT_EQ(taken->bytes, slot_bytes);
}

TEST(PictureRing, CannotBeResizedByTheWriter) {
  const PictureRing reader = PictureRing::create(3, slot_bytes);
  EXPECT_NE(ftruncate(reader.descriptor(), 0), 0);
  EXPECT_NE(ftruncate(reader.descriptor(), 1 << 30), 0);
  EXPECT_NE(fcntl(reader.descriptor(), F_ADD_SEALS, F_SEAL_WRITE), 0);
}

TEST(PictureRing, IsNotOpenedFromWhatIsNone) {
  EXPECT_THROW(PictureRing::open(FileHandle(-1)), std::system_error);
  FileHandle empty(memfd_create("empty", 0));
  EXPECT_THROW(PictureRing::open(std::move(empty)), std::runtime_error);
  FileHandle zeros(memfd_create("zeros", 0));
  ASSERT_EQ(ftruncate(zeros.get(), 1 << 20), 0);
  EXPECT_THROW(PictureRing::open(std::move(zeros)), std::runtime_error);
  EXPECT_THROW(PictureRing::create(2, slot_bytes), std::invalid_argument);
  EXPECT_THROW(PictureRing::create(3, 0), std::invalid_argument);
}

TEST(PictureRing, CostsTheSlotsThatAreUsed) {
  PictureRing reader = PictureRing::create(8, size_t{64} << 20);
  PictureRing writer = writers_end(reader);
  for (uint64_t seq = 0; seq < 20; ++seq) {
    write(writer, seq);
    if (const auto taken = reader.take()) reader.release(taken->slot);
  }
  struct stat stat {};
  ASSERT_EQ(fstat(reader.descriptor(), &stat), 0);
  EXPECT_LT(stat.st_blocks * 512, 64 << 10);
}

TEST(PictureRingProcessors, TornByNobodyWhileBothWork) {
  PictureRing reader = PictureRing::create(5, slot_bytes);
  PictureRing writer = writers_end(reader);
  constexpr uint64_t pictures = 20000;
  std::atomic<bool> done{false};
  std::thread writing([&] {
    for (uint64_t seq = 0; seq < pictures; ++seq) write(writer, seq);
    done = true;
  });
  int64_t last = -1;
  int taken = 0;
  for (bool ended = false; !ended;) {
    ended = done;
    while (const auto one = reader.take()) {
      const auto seq = static_cast<int64_t>(one->info.seq);
      ASSERT_GT(seq, last);
      last = seq;
      for (const size_t place : {size_t{0}, slot_bytes / 2, slot_bytes - 1}) {
        ASSERT_EQ(one->pixels[place], static_cast<uint8_t>(seq % 251));
      }
      reader.release(one->slot);
      ++taken;
    }
  }
  writing.join();
  EXPECT_EQ(last, static_cast<int64_t>(pictures - 1)) << "the newest is never lost";
  EXPECT_GT(taken, 1);
}

TEST(PictureRingProcessors, LoseNothingOfARecordingAndNoWakeUp) {
  PictureRing reader = PictureRing::create(5, slot_bytes);
  PictureRing writer = writers_end(reader);
  constexpr uint64_t pictures = 5000;
  constexpr int wait_ms = 20000;  // who is not woken is late for all to see
  const auto begin = std::chrono::steady_clock::now();
  std::thread writing([&] {
    for (uint64_t seq = 0; seq < pictures; ++seq) {
      auto slot = writer.begin_in_turn(wait_ms);
      while (!slot) slot = writer.begin_in_turn(wait_ms);
      writer.publish(*slot, picture(seq));
    }
  });
  for (uint64_t seq = 0; seq < pictures;) {
    const auto one = reader.take();
    if (!one) continue;
    ASSERT_EQ(one->info.seq, seq++);
    reader.release(one->slot);
  }
  writing.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(wait_ms));
}

}  // namespace
}  // namespace pose
