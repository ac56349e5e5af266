#include "egress/notary.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "egress/limits.h"

namespace weir::egress {
namespace {

// Notaries stay until the process ends, since their threads do; this holds them when a thread has ended.
std::vector<Notary*>& notaries() {
  static auto* const all = new std::vector<Notary*>;
  return *all;
}

// The ledger's end.
struct Ledger {
  Ledger() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    fd = ends[0];
    notary = new Notary(ends[1], "/usr/bin/x");
    notaries().push_back(notary);
  }
  Notice next() const {
    std::string packet(kNoticeBytesMax, '\0');
    const ssize_t got = recv(fd, packet.data(), packet.size(), 0);
    return *parse_notice({packet.data(), static_cast<size_t>(std::max<ssize_t>(got, 0))});
  }
  bool waits() const {
    char byte = 0;
    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
  }
  void answer(const Noted& noted) const {
    const std::string text = noted_text(noted);
    EXPECT_GT(send(fd, text.data(), text.size(), MSG_NOSIGNAL), 0);
  }
  int fd = -1;
  Notary* notary = nullptr;
};

const Entry kEntry = {.host = "a.test", .port = 443};

TEST(Notary, WaitsUntilTheEntryIsDurable) {
  const Ledger ledger;
  std::atomic<bool> done = false;
  std::thread asking([&] {
    const auto index = ledger.notary->opening(kEntry, {"TOKEN"});
    done = true;
    ASSERT_TRUE(index);
    EXPECT_EQ(*index, 17U);
  });
  const Notice notice = ledger.next();
  EXPECT_EQ(notice.host, "a.test");
  EXPECT_EQ(notice.secrets, std::vector<std::string>{"TOKEN"});
  EXPECT_FALSE(done);
  ledger.answer({notice.number + 1, 3});  // another's
  ledger.answer({notice.number, 17});
  asking.join();
}

TEST(Notary, RefusesWhatCouldNotBeNoted) {
  const Ledger ledger;
  std::thread asking([&] {
    const auto index = ledger.notary->opening(kEntry, {});
    ASSERT_FALSE(index);
    EXPECT_EQ(index.error().code, Code::denied);
  });
  ledger.answer({ledger.next().number, std::nullopt});
  asking.join();
}

TEST(Notary, RefusesWhenNobodyIsThere) {
  const Ledger ledger;
  std::thread asking([&] { EXPECT_FALSE(ledger.notary->opening(kEntry, {})); });
  ledger.next();
  close(ledger.fd);
  asking.join();
  EXPECT_FALSE(ledger.notary->opening(kEntry, {}));
}

TEST(Notary, CountsRefusalsPastTheBound) {
  const Ledger ledger;
  Entry refused = kEntry;
  refused.allowed = false;
  for (int i = 0; i < 100; ++i) ledger.notary->refused(refused);
  int64_t noted = 0;
  for (; ledger.waits(); ++noted) EXPECT_EQ(ledger.next().left_out, 0U);
  EXPECT_GE(noted, kRefusalsAtOnce);
  EXPECT_LE(noted, kRefusalsAtOnce + 2);
  std::this_thread::sleep_for(std::chrono::milliseconds(kRefusalMs + 50));
  ledger.notary->refused(refused);
  EXPECT_EQ(ledger.next().left_out, static_cast<uint64_t>(100 - noted));
}

TEST(Notary, NotesNothingWithoutALedger) {
  Notary notary(-1, "x");
  const auto index = notary.opening(kEntry, {});
  ASSERT_TRUE(index);
  EXPECT_EQ(*index, std::nullopt);
}

}  // namespace
}  // namespace weir::egress
