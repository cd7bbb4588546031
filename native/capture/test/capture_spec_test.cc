#include "capture_spec.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <thread>

namespace pose {
namespace {

/** What is left in the pipe is put into `rest`. */
std::optional<CaptureSpec> read_spec(const std::string& bytes, std::string* rest = nullptr) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("pipe");
  std::thread writing([&] {
    if (write(ends[1], bytes.data(), bytes.size()) < 0) ADD_FAILURE();
    close(ends[1]);
  });
  auto spec = CaptureSpec::read(ends[0]);
  char byte = 0;
  while (read(ends[0], &byte, 1) == 1) {
    if (rest != nullptr) rest->push_back(byte);
  }
  close(ends[0]);
  writing.join();
  return spec;
}

using namespace std::string_literals;

TEST(CaptureSpec, HoldsAnyCharacterAndLeavesWhatFollows) {
  std::string rest;
  const auto spec = read_spec(
      "url\0rtsp://x:\n= \"y\0timeout_s\0"
      "2.5\0\0jpeg"s,
      &rest);
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->text("url"), "rtsp://x:\n= \"y");
  EXPECT_EQ(spec->number("timeout_s", 7), 2.5);
  EXPECT_EQ(spec->number("max_pixels", 7), 7);
  EXPECT_EQ(spec->text("nothing"), "");
  EXPECT_EQ(rest, "jpeg");
}

TEST(CaptureSpec, IsNothingWhereItEndsBefore) {
  for (const auto& bytes : {""s, "url"s, "url\0"s, "url\0x"s, "url\0x\0"s}) EXPECT_FALSE(read_spec(bytes));
  EXPECT_FALSE(read_spec(std::string(300 * 1024, 'x') + "\0x\0\0"s));
}

TEST(CaptureSpec, RefusesWhatIsNoNumber) {
  for (const auto& value : {"x"s, "-1"s, "1x"s, "nan"s, "inf"s, "1e999"s, " "s}) {
    const auto spec = read_spec("n\0"s + value + "\0\0"s);
    ASSERT_TRUE(spec) << value;
    EXPECT_THROW(spec->number("n", 0), std::invalid_argument) << value;
  }
}

}  // namespace
}  // namespace pose
