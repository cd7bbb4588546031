#include "plan_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

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

class PlanCacheTest : public testing::Test {
 protected:
  void put(const std::string& name, const std::string& text) {
    PlanCache(folder_.string()).store(name, text.data(), text.size());
  }
  CachedFile get(const std::string& name) const { return PlanCache(folder_.string()).load(name); }
  std::string text_of(const std::string& name) const {
    const CachedFile found = get(name);
    return std::string(found.bytes.begin(), found.bytes.end());
  }
  /** The code of the error that opening gives, and its message. */
  std::string opening() const {
    try {
      PlanCache cache(folder_.string());
    } catch (const EngineError& error) {
      return error.code() + ": " + error.what();
    }
    return "";
  }

  const test::TemporaryFolder temporary_;
  const fs::path& parent_ = temporary_.path();
  const fs::path folder_ = parent_ / "state" / "tensorrt";
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

TEST_F(PlanCacheTest, GivesBackWhatWasStored) {
  put("a.plan", "first");
  put("a.plan", "second");
  EXPECT_EQ(text_of("a.plan"), "second");
  EXPECT_THAT(get("b.plan").bytes, IsEmpty());
  EXPECT_EQ(get("b.plan").refused, "");
  EXPECT_EQ(mode_of(folder_), 0700U);
  for (const auto& entry : fs::directory_iterator(folder_))
    EXPECT_EQ(mode_of(entry.path()), 0600U) << entry.path();
}

TEST_F(PlanCacheTest, RefusesEveryChangedByte) {
  put("a.plan", "a plan");
  const std::string whole = read_file(folder_ / "a.plan");
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    write_file(folder_ / "a.plan", changed);
    const CachedFile found = get("a.plan");
    EXPECT_THAT(found.bytes, IsEmpty()) << "byte " << i;
    EXPECT_THAT(found.refused, HasSubstr("is damaged, or was not written here"));
  }
}

TEST_F(PlanCacheTest, RefusesEveryTruncation) {
  put("a.plan", "a plan");
  const std::string whole = read_file(folder_ / "a.plan");
  for (size_t length = 0; length < whole.size(); ++length) {
    write_file(folder_ / "a.plan", whole.substr(0, length));
    EXPECT_THAT(get("a.plan").bytes, IsEmpty()) << length;
    EXPECT_NE(get("a.plan").refused, "") << length;
  }
  write_file(folder_ / "a.plan", whole + "x");
  EXPECT_THAT(get("a.plan").bytes, IsEmpty());
}

TEST_F(PlanCacheTest, RefusesAPlanUnderAnotherName) {
  put("a.plan", "a plan");
  fs::copy_file(folder_ / "a.plan", folder_ / "b.plan");
  EXPECT_THAT(get("b.plan").bytes, IsEmpty());
  EXPECT_THAT(get("b.plan").refused, HasSubstr("b.plan: is damaged, or was not written here"));
}

TEST_F(PlanCacheTest, RefusesAPlanOfAnotherFolder) {
  put("a.plan", "a plan");
  const std::string foreign = read_file(folder_ / "a.plan");
  fs::remove_all(folder_);
  put("b.plan", "another");
  write_file(folder_ / "a.plan", foreign);
  EXPECT_THAT(get("a.plan").bytes, IsEmpty());
}

TEST_F(PlanCacheTest, RefusesFilesThatOthersMayUse) {
  put("a.plan", "a plan");
  for (const unsigned mode : {0640U, 0604U, 0660U, 0620U}) {
    ::chmod((folder_ / "a.plan").c_str(), mode);
    EXPECT_THAT(get("a.plan").bytes, IsEmpty()) << mode;
    EXPECT_THAT(get("a.plan").refused, HasSubstr("others may use it"));
  }
}

TEST_F(PlanCacheTest, RefusesLinksAndPipes) {
  put("a.plan", "a plan");
  fs::rename(folder_ / "a.plan", folder_ / "kept");
  fs::create_symlink(folder_ / "kept", folder_ / "a.plan");
  EXPECT_THAT(get("a.plan").refused, HasSubstr("is a link"));
  fs::remove(folder_ / "a.plan");
  ASSERT_EQ(::mkfifo((folder_ / "a.plan").c_str(), 0600), 0);
  EXPECT_THAT(get("a.plan").refused, HasSubstr("is no file"));
}

TEST_F(PlanCacheTest, RefusesFoldersOfOthers) {
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

TEST_F(PlanCacheTest, RefusesWhatBelongsToAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  put("a.plan", "a plan");
  ASSERT_EQ(::chown((folder_ / "a.plan").c_str(), 12345, 12345), 0);
  EXPECT_THAT(get("a.plan").refused, HasSubstr("belongs to user 12345"));
  ASSERT_EQ(::chown(folder_.c_str(), 12345, 12345), 0);
  EXPECT_THAT(opening(), HasSubstr("ENGINE_CACHE_UNSAFE"));
  ASSERT_EQ(::chown(folder_.c_str(), 0, 0), 0);
  ASSERT_EQ(::chown((folder_ / "cache-key").c_str(), 12345, 12345), 0);
  EXPECT_THAT(opening(), HasSubstr("cache-key: belongs to user 12345"));
}

TEST_F(PlanCacheTest, DrawsANewKeyForATornOne) {
  put("a.plan", "a plan");
  write_file(folder_ / "cache-key", "torn");
  EXPECT_THAT(get("a.plan").bytes, IsEmpty());
  put("a.plan", "again");
  EXPECT_EQ(text_of("a.plan"), "again");
}

TEST_F(PlanCacheTest, ProcessesThatComeAtOnceShareAKey) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this, i] { put("plan-" + std::to_string(i), "p"); });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 8; ++i) EXPECT_EQ(text_of("plan-" + std::to_string(i)), "p");
}

TEST_F(PlanCacheTest, DeletesTheOldest) {
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

TEST_F(PlanCacheTest, SaysWhatCannotBeWritten) {
  const PlanCache cache(folder_.string());
  fs::create_directory(folder_ / "a.plan");
  try {
    cache.store("a.plan", "x", 1);
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
