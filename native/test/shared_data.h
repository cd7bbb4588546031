#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <string>

namespace pose::test {

/** The folder with golden data, or "" where there is none: env EDGE_POSE_SHARED, else ../shared of the
 * checkout. */
inline std::string shared_data() {
  const char* from_env = std::getenv("EDGE_POSE_SHARED");
  std::string folder = from_env != nullptr ? from_env : EDGE_POSE_SHARED_DEFAULT;
  struct stat info {};
  return stat((folder + "/golden").c_str(), &info) == 0 ? folder : std::string();
}

/** True under CI, where the data is always there, so that its absence is a failure and no skip. */
inline bool must_have_data() {
  const char* ci = std::getenv("CI");
  return ci != nullptr && std::string(ci) == "true";
}

}  // namespace pose::test

/** First line of a test that reads the shared data: skips aloud where it is absent, fails under CI. */
#define POSE_REQUIRE_SHARED_DATA()                                                    \
  do {                                                                                \
    if (pose::test::shared_data().empty()) {                                          \
      if (pose::test::must_have_data()) FAIL() << "the golden data folder is absent"; \
      GTEST_SKIP() << "needs the golden data folder: set EDGE_POSE_SHARED to it";     \
    }                                                                                 \
  } while (false)
