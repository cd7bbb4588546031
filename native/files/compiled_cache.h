#pragma once

#include <optional>
#include <string>

#include "sealed_cache.h"

namespace pose {

/** What one engine keeps of its work from start to start: a SealedCache that costs time, and nothing else,
 * where it cannot be used. Why that is, is said on stderr; whoever runs the process passes it on to a log. */
class CompiledCache {
 public:
  /** Below `cache_dir`, in a folder that is called `folder`; "" for no cache. `engine` is the runtime's name
   * for people. Throws EngineError ENGINE_CACHE_UNSAFE. */
  CompiledCache(const std::string& cache_dir, const std::string& folder, std::string engine);

  bool is_open() const { return cache_.has_value(); }
  /** Empty where it is to be made. */
  PageBuffer load(const std::string& name) const;
  void store(const std::string& name, const OwnFolder::Parts& parts) const;
  /** For an entry that the runtime does not take. */
  void remark(const std::string& text) const;

 private:
  std::string engine_;
  std::optional<SealedCache> cache_;
};

}  // namespace pose
