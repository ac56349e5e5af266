#include "egress/notary.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <thread>
#include <utility>

#include "egress/limits.h"

namespace weir::egress {
namespace {

Error not_noted(std::string why) {
  return {Code::denied, "it could not be noted on the ledger: " + std::move(why), {}, {}};
}

int64_t mono_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000 + now.tv_nsec / 1'000'000;
}

}  // namespace

Notary::Notary(int fd, std::string program) : fd_(fd), program_(std::move(program)) {
  if (fd_ >= 0) std::thread([this] { listen(); }).detach();
}

Result<std::optional<uint64_t>> Notary::opening(const Entry& entry, std::vector<std::string> secrets) {
  if (fd_ < 0) return std::optional<uint64_t>();
  std::unique_lock lock(mutex_);
  const uint64_t number = next_++;
  const auto at = waiting_.try_emplace(number).first;
  lock.unlock();
  const bool sent = send({.kind = Notice::Kind::opening,
                          .number = number,
                          .program = program_,
                          .host = entry.host,
                          .port = entry.port,
                          .secrets = std::move(secrets)});
  lock.lock();
  const bool in_time = sent && answered_.wait_for(lock, std::chrono::milliseconds(kLedgerMs),
                                                  [&] { return gone_ || at->second.has_value(); });
  const std::optional<Noted> noted = at->second;
  waiting_.erase(at);
  if (noted && noted->index) return noted->index;
  return not_noted(noted ? "see weir doctor" : in_time || !sent ? "weir is gone" : "weir does not answer");
}

void Notary::refused(const Entry& entry) {
  if (fd_ < 0) return;
  Notice notice{.kind = Notice::Kind::refused,
                .program = program_,
                .host = entry.host,
                .port = entry.port,
                .allowed = false,
                .why = entry.why};
  {
    const std::lock_guard lock(mutex_);
    const int64_t now = mono_ms();
    refusals_ms_ = std::max(refusals_ms_, now - kRefusalsAtOnce * kRefusalMs);
    if (refusals_ms_ > now - kRefusalMs) {
      ++left_out_;
      return;
    }
    refusals_ms_ += kRefusalMs;
    notice.left_out = std::exchange(left_out_, 0);
  }
  send(notice);
}

void Notary::ended(uint64_t index, const Entry& entry) {
  Notice notice{.kind = Notice::Kind::ended,
                .number = index,
                .program = program_,
                .host = entry.host,
                .port = entry.port,
                .address = entry.address,
                .allowed = entry.allowed,
                .why = entry.why,
                .out_bytes = entry.out_bytes,
                .in_bytes = entry.in_bytes,
                .requests = entry.requests};
  for (size_t at = 0; at < entry.secret.size();) {
    const size_t end = std::min(entry.secret.find(',', at), entry.secret.size());
    notice.secrets.push_back(entry.secret.substr(at, end - at));
    at = end + 1;
  }
  send(notice);
}

// One thread reads the answers for all.
void Notary::listen() {
  std::string packet(kNoticeBytesMax, '\0');
  while (true) {
    const ssize_t got = recv(fd_, packet.data(), packet.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    const std::lock_guard lock(mutex_);
    if (got <= 0) {
      gone_ = true;
      answered_.notify_all();
      return;
    }
    const auto noted = parse_noted({packet.data(), static_cast<size_t>(got)});
    if (!noted) continue;
    if (const auto at = waiting_.find(noted->number); at != waiting_.end()) at->second = *noted;
    answered_.notify_all();
  }
}

bool Notary::send(const Notice& notice) const {
  const std::string text = notice_text(notice);
  ssize_t sent = 0;
  do sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(text.size());
}

}  // namespace weir::egress
