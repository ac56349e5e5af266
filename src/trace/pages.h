// Memory in large pieces for what is looked up at random.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace weir::trace {

inline constexpr size_t kPagesBytes = size_t{2} << 20;

struct FreePages {
  void operator()(std::byte* pages) const { std::free(pages); }
};
using Pages = std::unique_ptr<std::byte, FreePages>;

// At least `bytes`, aligned to kPagesBytes and a multiple of it, of any content. The system is asked for huge
// pages where it has them: a look-up at random then costs one cache miss, not several.
inline Pages new_pages(size_t bytes) {
  bytes = (bytes + kPagesBytes - 1) / kPagesBytes * kPagesBytes;
  void* const pages = std::aligned_alloc(kPagesBytes, bytes);
  if (pages == nullptr) throw std::bad_alloc();
#if defined(__linux__)
  (void)madvise(pages, bytes, MADV_HUGEPAGE);  // a hint
#endif
  return Pages(static_cast<std::byte*>(pages));
}

}  // namespace weir::trace
