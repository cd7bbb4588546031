#include "sealed_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "pose/engine.h"
#include "temporary_folder.h"

namespace pose {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

class SealedCacheTest : public testing::Test {
 protected:
  void put(const std::string& name, const std::string& text) {
    SealedCache(folder_.string()).store(name, {{text.data(), text.size()}});
  }
  CachedFile get(const std::string& name) const { return SealedCache(folder_.string()).load(name); }
  std::string text_of(const std::string& name) const {
    const CachedFile found = get(name);
    return std::string(found.bytes.data(), found.bytes.size());
  }
  /** The code of the error that opening gives, and its message. */
  std::string opening() const {
    try {
      SealedCache cache(folder_.string());
    } catch (const EngineError& error) {
      return error.code() + ": " + error.what();
    }
    return "";
  }

  const test::TemporaryFolder temporary_;
  const fs::path& parent_ = temporary_.path();
  const fs::path folder_ = parent_ / "state" / "engine";
};

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  ::chmod(path.c_str(), 0600);
}

unsigned mode_of(const fs::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0U;
}

TEST_F(SealedCacheTest, GivesBackWhatWasStored) {
  put("a.plan", "first");
  put("a.plan", "second");
  EXPECT_EQ(text_of("a.plan"), "second");
  EXPECT_THAT(get("b.plan").bytes, IsEmpty());
  EXPECT_EQ(get("b.plan").refused, "");
  EXPECT_EQ(mode_of(folder_), 0700U);
  for (const auto& entry : fs::directory_iterator(folder_))
    EXPECT_EQ(mode_of(entry.path()), 0600U) << entry.path();
}

TEST_F(SealedCacheTest, RefusesEveryChangedByte) {
  put("a.plan", "a plan");
  const std::string whole = read_file(folder_ / "a.plan");
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    write_file(folder_ / "a.plan", changed);
    const CachedFile found = get("a.plan");
    EXPECT_THAT(found.bytes, IsEmpty()) << "byte " << i;
    EXPECT_THAT(found.refused, HasSubstr("is damaged, or was not written here"));
    EXPECT_FALSE(fs::exists(folder_ / "a.plan")) << "it is told once";
    EXPECT_EQ(get("a.plan").refused, "");
  }
}

TEST_F(SealedCacheTest, RefusesWhateverADiskLeaves) {
  const std::string large(300'000, 'p');
  put("a.plan", large);
  put("other.plan", std::string(300'000, 'q'));
  const std::string whole = read_file(folder_ / "a.plan");
  const auto zeroed = [&](size_t from, size_t bytes) {
    return std::string(whole).replace(from, bytes, bytes, '\0');
  };
  const std::vector<std::pair<const char*, std::string>> damages{
      {"zeros at the start", zeroed(0, 32 * 1024)},
      {"zeros near the start", zeroed(4096, 32 * 1024)},
      {"zeros in the middle", zeroed(whole.size() / 2, 4096)},
      {"zeros at the end", zeroed(whole.size() - 4096, 4096)},
      {"all zeros", std::string(whole.size(), '\0')},
      {"a block twice", std::string(whole).replace(8192, 4096, whole, 0, 4096)},
      {"cut", whole.substr(0, whole.size() / 2)},
      {"the header alone", whole.substr(0, whole.size() - large.size())},
      {"empty", ""},
      {"longer", whole + "x"},
      {"another entry", read_file(folder_ / "other.plan")},
      {"text",
       "not an entry at all, and not short of a header's length, which is a hundred and twelve bytes or so; "
       "and then some more"},
  };
  for (const auto& [what, bytes] : damages) {
    write_file(folder_ / "a.plan", bytes);
    const CachedFile found = get("a.plan");
    EXPECT_THAT(found.bytes, IsEmpty()) << what;
    EXPECT_THAT(found.refused, HasSubstr((folder_ / "a.plan").string() + ": is ")) << what;
    put("a.plan", large);
    EXPECT_EQ(text_of("a.plan"), large) << "made anew after " << what;
  }
}

TEST_F(SealedCacheTest, AllocatesNothingForAFileThatIsOnlyLong) {
  put("a.plan", "a plan");
  fs::resize_file(folder_ / "a.plan", uintmax_t{1} << 40);  // sparse: it takes no room on the disk
  EXPECT_THAT(get("a.plan").refused, HasSubstr("is damaged, or was not written here"));
  EXPECT_FALSE(fs::exists(folder_ / "a.plan"));
}

TEST_F(SealedCacheTest, GivesTheBytesThatWereChecked) {
  put("a.plan", "a plan");
  const CachedFile found = get("a.plan");
  {
    std::fstream file(folder_ / "a.plan", std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(fs::file_size(folder_ / "a.plan") - 6));
    file << "A PLAN";
  }
  EXPECT_EQ(std::string(found.bytes.data(), found.bytes.size()), "a plan") << "whatever becomes of the file";
}

TEST_F(SealedCacheTest, RefusesEveryTruncation) {
  put("a.plan", "a plan");
  const std::string whole = read_file(folder_ / "a.plan");
  for (size_t length = 0; length < whole.size(); ++length) {
    write_file(folder_ / "a.plan", whole.substr(0, length));
    const CachedFile found = get("a.plan");
    EXPECT_THAT(found.bytes, IsEmpty()) << length;
    EXPECT_NE(found.refused, "") << length;
  }
  write_file(folder_ / "a.plan", whole + "x");
  EXPECT_THAT(get("a.plan").bytes, IsEmpty());
}

TEST_F(SealedCacheTest, RefusesAPlanUnderAnotherName) {
  put("a.plan", "a plan");
  fs::copy_file(folder_ / "a.plan", folder_ / "b.plan");
  const CachedFile found = get("b.plan");
  EXPECT_THAT(found.bytes, IsEmpty());
  EXPECT_THAT(found.refused, HasSubstr("b.plan: is damaged, or was not written here"));
}

TEST_F(SealedCacheTest, RefusesAPlanOfAnotherFolder) {
  put("a.plan", "a plan");
  const std::string foreign = read_file(folder_ / "a.plan");
  fs::remove_all(folder_);
  put("b.plan", "another");
  write_file(folder_ / "a.plan", foreign);
  EXPECT_THAT(get("a.plan").bytes, IsEmpty());
}

TEST_F(SealedCacheTest, RefusesFilesThatOthersMayUse) {
  for (const unsigned mode : {0640U, 0604U, 0660U, 0620U}) {
    put("a.plan", "a plan");
    ::chmod((folder_ / "a.plan").c_str(), mode);
    const CachedFile found = get("a.plan");
    EXPECT_THAT(found.bytes, IsEmpty()) << mode;
    EXPECT_THAT(found.refused, HasSubstr("others may use it"));
  }
}

TEST_F(SealedCacheTest, RefusesLinksAndPipes) {
  put("a.plan", "a plan");
  fs::rename(folder_ / "a.plan", folder_ / "kept");
  fs::create_symlink(folder_ / "kept", folder_ / "a.plan");
  EXPECT_THAT(get("a.plan").refused, HasSubstr("is a link"));
  EXPECT_TRUE(fs::exists(folder_ / "kept")) << "what it points to stays";
  ASSERT_EQ(::mkfifo((folder_ / "a.plan").c_str(), 0600), 0);
  EXPECT_THAT(get("a.plan").refused, HasSubstr("is no file"));
}

TEST_F(SealedCacheTest, RefusesFoldersOfOthers) {
  put("a.plan", "a plan");
  ::chmod(folder_.c_str(), 0750);
  EXPECT_THAT(opening(),
              HasSubstr("ENGINE_CACHE_UNSAFE: " + folder_.string() + ": others may use it (mode 0750)"));
  ::chmod(folder_.c_str(), 0700);
  const fs::path real = parent_ / "real";
  fs::rename(folder_, real);
  fs::create_directory_symlink(real, folder_);
  EXPECT_THAT(opening(), HasSubstr("ENGINE_CACHE_UNSAFE: " + folder_.string() + ": is no folder but a link"));
  fs::remove(folder_);
  write_file(folder_, "a file");
  EXPECT_THAT(opening(), HasSubstr("ENGINE_CACHE_UNSAFE"));
}

TEST_F(SealedCacheTest, RefusesWhatBelongsToAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  put("a.plan", "a plan");
  ASSERT_EQ(::chown((folder_ / "a.plan").c_str(), 12345, 12345), 0);
  EXPECT_THAT(get("a.plan").refused, HasSubstr("belongs to user 12345"));
  ASSERT_EQ(::chown(folder_.c_str(), 12345, 12345), 0);
  EXPECT_THAT(opening(), HasSubstr("ENGINE_CACHE_UNSAFE"));
  ASSERT_EQ(::chown(folder_.c_str(), 0, 0), 0);
  put("a.plan", "a plan");
  ASSERT_EQ(::chown((folder_ / "cache-key").c_str(), 12345, 12345), 0);
  EXPECT_THAT(get("a.plan").bytes, IsEmpty()) << "another key was drawn";
}

TEST_F(SealedCacheTest, DrawsANewKeyForOneThatOthersMayKnow) {
  const fs::path key = folder_ / "cache-key";
  put("a.plan", "a plan");
  const std::string known = read_file(key);
  ::chmod(key.c_str(), 0640);
  EXPECT_THAT(get("a.plan").refused, HasSubstr("is damaged, or was not written here"));
  EXPECT_NE(read_file(key), known);
  EXPECT_EQ(mode_of(key), 0600U);

  write_file(parent_ / "elsewhere", known);
  fs::remove(key);
  fs::create_symlink(parent_ / "elsewhere", key);
  put("a.plan", "again");
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(key)));
  EXPECT_EQ(text_of("a.plan"), "again");

  fs::remove(key);
  fs::create_directory(key);
  EXPECT_THAT(opening(), HasSubstr("ENGINE_FAILED")) << "it is not ours to empty";
}

TEST_F(SealedCacheTest, MakesAllAnewUnderAnotherKey) {
  for (const bool is_missing : {true, false}) {
    put("a.plan", "a plan");
    if (is_missing) {
      fs::remove(folder_ / "cache-key");
    } else {
      std::string key = read_file(folder_ / "cache-key");
      key[7] = static_cast<char>(key[7] ^ 1);
      write_file(folder_ / "cache-key", key);
    }
    const CachedFile found = get("a.plan");
    EXPECT_THAT(found.bytes, IsEmpty());
    EXPECT_THAT(found.refused, HasSubstr("is damaged, or was not written here"));
    put("a.plan", "again");
    EXPECT_EQ(text_of("a.plan"), "again");
  }
}

TEST_F(SealedCacheTest, DrawsANewKeyForATornOne) {
  put("a.plan", "a plan");
  write_file(folder_ / "cache-key", "torn");
  EXPECT_THAT(get("a.plan").bytes, IsEmpty());
  put("a.plan", "again");
  EXPECT_EQ(text_of("a.plan"), "again");
}

TEST_F(SealedCacheTest, ProcessesThatComeAtOnceShareAKey) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this, i] { put("plan-" + std::to_string(i), "p"); });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 8; ++i) EXPECT_EQ(text_of("plan-" + std::to_string(i)), "p");
}

TEST_F(SealedCacheTest, DeletesTheOldest) {
  put("used.plan", "u");
  for (int i = 0; i < 23; ++i) put("plan-" + std::to_string(i), "p");
  // Times of files are whole ticks of the kernel: set, so that their order is known.
  const auto age = [&](const std::string& name, int hours) {
    fs::last_write_time(folder_ / name, fs::file_time_type::clock::now() - std::chrono::hours(hours));
  };
  age("used.plan", 100);
  for (int i = 0; i < 23; ++i) age("plan-" + std::to_string(i), 50 - i);
  write_file(folder_ / ".partial-1-x", "left by a power cut");
  age(".partial-1-x", 48);
  EXPECT_EQ(text_of("used.plan"), "u");  // a plan in use is young
  put("one-more", "o");
  EXPECT_EQ(text_of("used.plan"), "u");
  EXPECT_FALSE(fs::exists(folder_ / "plan-0"));
  EXPECT_TRUE(fs::exists(folder_ / "plan-1"));
  EXPECT_FALSE(fs::exists(folder_ / ".partial-1-x"));
}

TEST_F(SealedCacheTest, DeletesWhatIsOfAnotherVersionOrWasLongUnused) {
  put("unused.plan", "u");
  fs::last_write_time(folder_ / "unused.plan",
                      fs::file_time_type::clock::now() - std::chrono::hours(24 * 181));
  put("recent.plan", "r");
  fs::last_write_time(folder_ / "recent.plan",
                      fs::file_time_type::clock::now() - std::chrono::hours(24 * 179));
  write_file(folder_ / "0123.plan", "an HMAC of an earlier version, and a plan");
  put("one-more", "o");
  EXPECT_FALSE(fs::exists(folder_ / "unused.plan"));
  EXPECT_FALSE(fs::exists(folder_ / "0123.plan"));
  EXPECT_EQ(text_of("recent.plan"), "r");
  EXPECT_EQ(text_of("one-more"), "o");
}

TEST_F(SealedCacheTest, KeepsNoMoreBytesThanItMay) {
  const std::string header = [this] {
    put("a.plan", "a plan");
    return read_file(folder_ / "a.plan");
  }();
  // Sparse files that begin as entries do.
  for (const auto& [name, hours] : {std::pair{"young", 1}, std::pair{"old", 2}}) {
    write_file(folder_ / name, header);
    fs::resize_file(folder_ / name, uintmax_t{3} << 29);
    fs::last_write_time(folder_ / name, fs::file_time_type::clock::now() - std::chrono::hours(hours));
  }
  put("a.plan", "a plan");
  EXPECT_TRUE(fs::exists(folder_ / "young"));
  EXPECT_FALSE(fs::exists(folder_ / "old"));
}

TEST_F(SealedCacheTest, AFullDiskKeepsTheOldFile) {
  put("a.plan", "old");
  const SealedCache cache(folder_.string());
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const struct rlimit small { 1024, before.rlim_max };
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string large(100'000, 'p');
  EXPECT_THROW(cache.store("a.plan", {{large.data(), large.size()}}), EngineError);
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, ignored);
  EXPECT_EQ(text_of("a.plan"), "old");
  for (const auto& entry : fs::directory_iterator(folder_)) {
    EXPECT_THAT(entry.path().filename().string(), testing::Not(HasSubstr("partial")));
  }
}

TEST_F(SealedCacheTest, SaysWhatCannotBeWritten) {
  const SealedCache cache(folder_.string());
  fs::create_directory(folder_ / "a.plan");
  try {
    cache.store("a.plan", {{"x", 1}});
    FAIL() << "stored over a folder";
  } catch (const EngineError& error) {
    EXPECT_EQ(error.code(), "ENGINE_FAILED");
    EXPECT_THAT(error.what(), HasSubstr((folder_ / "a.plan").string() + ": cannot be written"));
  }
  for (const auto& entry : fs::directory_iterator(folder_)) {
    EXPECT_THAT(entry.path().filename().string(), testing::Not(HasSubstr("partial")));
  }
}

}  // namespace
}  // namespace pose
