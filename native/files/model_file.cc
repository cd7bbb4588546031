#include "model_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "digest.h"
#include "file_handle.h"
#include "own_folder.h"

namespace pose {
namespace {

/** No file of a pose model is larger; ONNX knows no larger ones. */
constexpr off_t kMaxBytes = off_t{2} << 30;

EngineError unreadable(const std::string& path, const std::string& what) {
  return EngineError("MODEL_UNREADABLE", path + ": " + what);
}

}  // namespace

ModelFile read_model_file(const std::string& path, const Checksums& checksums) {
  const FileHandle file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    throw unreadable(path, "no such file, or it may not be read");
  }
  if (status.st_size == 0) throw unreadable(path, "the file is empty");
  if (status.st_size > kMaxBytes) throw unreadable(path, "larger than 2 GiB, which no pose model is");
  ModelFile model;
  model.bytes = PageBuffer(static_cast<size_t>(status.st_size));
  if (!read_all(file.get(), model.bytes.data(), model.bytes.size())) {
    throw unreadable(path, "cannot be read to its end");
  }
  model.sha512 = sha512_hex(model.bytes.data(), model.bytes.size());
  const auto expected = checksums.find(path);
  if (expected == checksums.end() || expected->second == model.sha512) return model;
  throw EngineError("MODEL_CHECKSUM_MISMATCH",
                    path + " was changed or damaged after it was checked: expected sha512 " +
                        expected->second + ", found " + model.sha512);
}

}  // namespace pose
