#include "egress/record.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "base/json.h"
#include "egress/limits.h"

namespace weir::egress {
namespace {

int64_t wall_ms() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1'000 + now.tv_nsec / 1'000'000;
}

void write_line(int fd, std::string line) {
  line += '\n';
  const ssize_t ignored = write(fd, line.data(), line.size());
  static_cast<void>(ignored);
}

}  // namespace

Record::Record(std::string profile, std::string program, const std::string& path)
    : profile_(std::move(profile)), program_(std::move(program)) {
  if (path.empty()) return;
  struct stat about{};
  if (stat(path.c_str(), &about) == 0 && static_cast<uint64_t>(about.st_size) > kRecordBytesMax)
    rename(path.c_str(), (path + ".old").c_str());
  file_ = sandbox::Fd(open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file_.open())
    write_line(STDERR_FILENO, fmt::format("weir: what this sandbox reaches is not recorded: {}: {}", path,
                                          std::strerror(errno)));
}

void Record::add(const Entry& entry) {
  json::Writer out;
  out.begin_object().key("time_ms").integer(wall_ms());
  out.field("sandbox", profile_).field("program", shown(program_, 200)).field("host", shown(entry.host, 260));
  if (entry.port != 0) out.key("port").integer(entry.port);
  if (!entry.address.empty()) out.field("address", entry.address);
  out.field("result", entry.allowed ? "allowed" : "refused");
  if (!entry.why.empty()) out.field("why", shown(entry.why, 400));
  if (entry.port != 0) {
    out.key("out_bytes").integer(static_cast<int64_t>(entry.out_bytes));
    out.key("in_bytes").integer(static_cast<int64_t>(entry.in_bytes));
  }
  if (entry.requests > 0) out.key("requests").integer(static_cast<int64_t>(entry.requests));
  if (!entry.secret.empty()) out.field("secret", entry.secret);
  out.end_object();
  const std::lock_guard lock(mutex_);
  if (file_.open()) write_line(file_.get(), out.take());
  if (!entry.allowed && !quiet) say(entry);
}

void Record::say(const Entry& entry) {
  const std::string place =
      entry.port == 0 ? shown(entry.host, 260) : fmt::format("{}:{}", shown(entry.host, 260), entry.port);
  if (said_.size() >= kSaidMax || !said_.insert(place).second) return;
  write_line(STDERR_FILENO,
             fmt::format("weir: the sandbox's network refused {}: {}", place, shown(entry.why, 400)));
}

}  // namespace weir::egress
