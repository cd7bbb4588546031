#include "allocation_counter.h"

#include <cstdlib>
#include <new>

namespace {

thread_local int64_t count = 0;

void* counted(std::size_t size) {
  ++count;
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}

}  // namespace

namespace pose::test {

int64_t allocations() { return count; }

}  // namespace pose::test

// Replaced for the whole test program; a program can have only one replacement.
void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
