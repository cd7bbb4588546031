#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace pose::test {

/** The folder with golden data, or "" where there is none: env EDGE_POSE_SHARED, else ../shared of the
 * checkout. */
inline std::string find_shared_data() {
  const char* from_env = std::getenv("EDGE_POSE_SHARED");
  std::string folder = from_env != nullptr ? from_env : EDGE_POSE_SHARED_DEFAULT;
  struct stat info {};
  return stat((folder + "/golden").c_str(), &info) == 0 ? folder : std::string();
}

/** True where somebody wants the data's absence to be a failure and no skip: EDGE_POSE_REQUIRE_SHARED=1. */
inline bool must_have_data() {
  const char* wanted = std::getenv("EDGE_POSE_REQUIRE_SHARED");
  return wanted != nullptr && std::string(wanted) == "1";
}

/** The folder with golden data. Throws where there is none, so that no test goes on without. */
inline std::string shared_data() {
  std::string folder = find_shared_data();
  if (folder.empty()) throw std::runtime_error("a test without POSE_REQUIRE_SHARED_DATA() reads golden data");
  return folder;
}

}  // namespace pose::test

/** First line of a test that reads the shared data: skips aloud where it is absent, or fails. */
#define POSE_REQUIRE_SHARED_DATA()                                                    \
  do {                                                                                \
    if (pose::test::find_shared_data().empty()) {                                     \
      if (pose::test::must_have_data()) FAIL() << "the golden data folder is absent"; \
      GTEST_SKIP() << "needs the golden data folder: set EDGE_POSE_SHARED to it";     \
    }                                                                                 \
  } while (false)
