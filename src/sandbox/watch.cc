#include "sandbox/watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string_view>

#include "base/units.h"
#include "sandbox/fd.h"

namespace weir::sandbox {
namespace {

// One core touches new pages at about this rate; two looks at least fall into the time that it takes.
constexpr uint64_t kBytesPerMs = uint64_t{4} << 20;
constexpr uint64_t kForksPerMs = 20;
constexpr int64_t kLookMsMin = 4;
constexpr int64_t kLookMsMax = 250;

class Folder {
 public:
  Folder(int at, const char* path) : dir_(nullptr) {
    const int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && (dir_ = fdopendir(fd)) == nullptr) close(fd);
  }
  ~Folder() {
    if (dir_ != nullptr) closedir(dir_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  // The next entry whose name is a number; nullptr at the end.
  const char* next() {
    while (dir_ != nullptr) {
      const dirent* entry = readdir(dir_);
      if (entry == nullptr) return nullptr;
      if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') return entry->d_name;
    }
    return nullptr;
  }
  int fd() const { return dir_ == nullptr ? -1 : dirfd(dir_); }

 private:
  DIR* dir_;
};

size_t read_file(int at, const std::string& path, char* out, size_t size) {
  const Fd file(openat(at, path.c_str(), O_RDONLY | O_CLOEXEC));
  const ssize_t got = file.open() ? read(file.get(), out, size - 1) : 0;
  out[std::max<ssize_t>(got, 0)] = '\0';
  return static_cast<size_t>(std::max<ssize_t>(got, 0));
}

// The number after `key` in a text of "Key:   123 kB" lines.
uint64_t field(const char* text, const char* key) {
  const char* at = std::strstr(text, key);
  return at == nullptr ? 0 : std::strtoull(at + std::strlen(key), nullptr, 10);
}

void add_cpu(int proc, const std::string& pid, Usage& usage) {
  char text[1024];
  read_file(proc, pid + "/stat", text, sizeof(text));
  const char* at = std::strrchr(text, ')');  // the name before it may hold anything
  if (at == nullptr) return;
  at += 1;
  // Fields 14 to 17 of proc(5): utime, stime, cutime, cstime; the first after ")" is field 3.
  int64_t ticks = 0;
  for (int index = 3; *at != '\0' && index <= 17; ++index) {
    at += std::strspn(at, " ");
    if (index >= 14) ticks += std::strtoll(at, nullptr, 10);
    at += std::strcspn(at, " ");
  }
  usage.cpu_ms += ticks * 1'000 / sysconf(_SC_CLK_TCK);
}

// Pages of memory files that are open but not mapped are nobody's RSS. Each file counts once.
void add_memfds(int proc, const std::string& pid, std::set<std::pair<dev_t, ino_t>>& known, Usage& usage) {
  const std::string path = pid + "/fd";
  Folder folder(proc, path.c_str());
  while (const char* name = folder.next()) {
    char target[64];
    const ssize_t size = readlinkat(folder.fd(), name, target, sizeof(target));
    if (size < 7 || std::string_view(target, 7) != "/memfd:") continue;
    struct stat about{};
    if (fstatat(folder.fd(), name, &about, 0) != 0) continue;
    if (!known.emplace(about.st_dev, about.st_ino).second) continue;
    usage.memory_bytes += static_cast<uint64_t>(about.st_blocks) * 512;
  }
}

}  // namespace

Usage measure(int proc, bool with_memfds) {
  Usage usage;
  std::set<std::pair<dev_t, ino_t>> known;
  Folder processes(proc, ".");
  while (const char* name = processes.next()) {
    const std::string pid = name;
    char text[4096];
    read_file(proc, pid + "/status", text, sizeof(text));
    usage.memory_bytes += (field(text, "\nRssAnon:") + field(text, "\nRssShmem:")) << 10;
    usage.processes += field(text, "\nThreads:");
    add_cpu(proc, pid, usage);
    if (with_memfds) add_memfds(proc, pid, known, usage);
  }
  return usage;
}

int64_t next_look_ms(const Usage& usage, const Limits& limits) {
  const auto left = [](uint64_t limit, uint64_t used) { return limit > used ? limit - used : 0; };
  int64_t ms = kLookMsMax;
  ms = std::min(ms, static_cast<int64_t>(left(limits.memory_bytes, usage.memory_bytes) / kBytesPerMs / 2));
  ms = std::min(ms, static_cast<int64_t>(left(limits.processes, usage.processes) / kForksPerMs));
  if (limits.cpu_ms > 0) ms = std::min(ms, (limits.cpu_ms - usage.cpu_ms) / 4);
  return std::max(ms, kLookMsMin);
}

std::string over_limit(const Usage& usage, const Limits& limits) {
  if (usage.memory_bytes > limits.memory_bytes)
    return fmt::format("more than {} of memory", show_bytes(limits.memory_bytes));
  if (usage.processes > limits.processes) return fmt::format("more than {} processes", limits.processes);
  if (limits.cpu_ms > 0 && usage.cpu_ms > limits.cpu_ms)
    return fmt::format("more than {} of computing", show_duration(limits.cpu_ms));
  return {};
}

}  // namespace weir::sandbox
