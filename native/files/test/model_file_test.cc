#include "model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "digest.h"
#include "temporary_folder.h"

namespace pose {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class ModelFileTest : public testing::Test {
 protected:
  void write(const std::string& text) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << text;
  }
  std::string failure(const Checksums& checksums = {}) const {
    try {
      read_model_file(path_, checksums);
    } catch (const EngineError& error) {
      return error.code() + ": " + error.what();
    }
    return "";
  }

  const test::TemporaryFolder temporary_;
  const std::string path_ = (temporary_.path() / "model.bin").string();
};

TEST_F(ModelFileTest, GivesTheBytesAndTheirHash) {
  write("weights");
  const ModelFile file = read_model_file(path_, {});
  EXPECT_EQ(std::string(file.bytes.data(), file.bytes.size()), "weights");
  EXPECT_EQ(file.sha512, sha512_hex("weights", 7));
  // sha512sum of "abc", as FIPS 180 has it.
  EXPECT_THAT(sha512_hex("abc", 3), StartsWith("ddaf35a193617abacc417349ae204131"));
}

TEST_F(ModelFileTest, RefusesOtherBytesThanWereChecked) {
  write("weights");
  const Checksums checksums{{path_, sha512_hex("weights", 7)}};
  EXPECT_EQ(failure(checksums), "");
  write("weighty");
  EXPECT_THAT(failure(checksums), StartsWith("MODEL_CHECKSUM_MISMATCH: " + path_ +
                                             " was changed or damaged after it was checked"));
  EXPECT_EQ(failure({{path_ + "x", "of another file"}}), "");
}

TEST_F(ModelFileTest, SaysWhyAFileCannotBeRead) {
  EXPECT_THAT(failure(), HasSubstr("MODEL_UNREADABLE: " + path_ + ": no such file, or it may not be read"));
  write("");
  EXPECT_THAT(failure(), HasSubstr("MODEL_UNREADABLE: " + path_ + ": the file is empty"));
  std::filesystem::resize_file(path_, uintmax_t{1} << 40);
  EXPECT_THAT(failure(), HasSubstr("larger than 2 GiB"));
  std::filesystem::remove(path_);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(failure(), HasSubstr("MODEL_UNREADABLE")) << "and does not wait for a writer";
}

}  // namespace
}  // namespace pose
