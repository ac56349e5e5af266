#include "base/embedded.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace weir {
namespace {

TEST(Embedded, IsWhatTheFoldersHold) {
  size_t files = 0;
  for (const char* top : {"policies", "manifests", "clients"}) {
    const auto dir = std::filesystem::path(WEIR_SOURCE_DIR) / top;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
      if (!entry.is_regular_file()) continue;
      std::ostringstream bytes;
      bytes << std::ifstream(entry.path(), std::ios::binary).rdbuf();
      const std::string path = std::filesystem::relative(entry.path(), WEIR_SOURCE_DIR).generic_string();
      EXPECT_EQ(embedded_file(path), bytes.str()) << path;
      ++files;
    }
  }
  EXPECT_GT(files, 0U);
  EXPECT_EQ(embedded_files().size(), files);
}

TEST(Embedded, IsSortedByPath) {
  const auto files = embedded_files();
  EXPECT_TRUE(std::is_sorted(files.begin(), files.end(), [](auto& a, auto& b) { return a.path < b.path; }));
}

TEST(Embedded, UnknownPathHasNoData) {
  EXPECT_EQ(embedded_file("policies/none").data(), nullptr);
  EXPECT_EQ(embedded_file("").data(), nullptr);
  EXPECT_NE(embedded_file("policies/README.md").data(), nullptr);
}

}  // namespace
}  // namespace weir
