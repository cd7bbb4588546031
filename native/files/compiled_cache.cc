#include "compiled_cache.h"

#include <cstdio>
#include <utility>

#include "pose/engine.h"

namespace pose {

CompiledCache::CompiledCache(const std::string& cache_dir, const std::string& folder, std::string engine)
    : engine_(std::move(engine)) {
  if (cache_dir.empty()) return;
  try {
    cache_.emplace(cache_dir + "/" + folder);
  } catch (const EngineError& error) {
    if (error.code() != "ENGINE_FAILED") throw;
    remark(std::string("what is compiled is not kept: ") + error.what());
  }
}

PageBuffer CompiledCache::load(const std::string& name) const {
  if (!cache_) return {};
  CachedFile found = cache_->load(name);
  if (!found.refused.empty()) remark(found.refused + "; it is made anew");
  return std::move(found.bytes);
}

void CompiledCache::store(const std::string& name, const OwnFolder::Parts& parts) const {
  if (!cache_) return;
  try {
    cache_->store(name, parts);
  } catch (const EngineError& error) {
    remark(std::string("not kept: ") + error.what());
  }
}

void CompiledCache::remark(const std::string& text) const {
  std::fprintf(stderr, "%s: %s\n", engine_.c_str(), text.c_str());
}

}  // namespace pose
