// Shared by the ledger's tests.
#pragma once

#include <string>

#include "ledger/log.h"

namespace weir::ledger::testing {

inline constexpr char kSecret[] =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
inline constexpr char kPublic[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

inline Key test_key() {
  return std::move(*Key::parse(kSecret));
}

// Nothing by time, so that a run does the same operations every time.
inline LogOptions small_options(uint64_t publish_entries = 5) {
  LogOptions options;
  options.publish_entries = publish_entries;
  options.publish_after_ms = -1;
  options.journal_bytes = 2048;
  return options;
}

inline std::string entry_text(uint64_t i) {
  return "{\"decision\":" + std::to_string(i * 7919) + "}";
}

}  // namespace weir::ledger::testing
