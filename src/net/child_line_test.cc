// The line of a child: a socket of packets beside its pipes.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "net/child.h"
#include "net/testing.h"

namespace weir::net {
namespace {

using namespace std::chrono_literals;

// A child on a loop of its own, and what it said.
class Talk {
 public:
  Talk(std::string script, bool line) {
    ChildOptions options;
    options.command = {"python3", "-c", std::move(script)};
    options.env = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}};
    options.line = line;
    ChildHandler handler;
    handler.on_stdout = [this](std::string_view bytes) { add(out_, bytes); };
    handler.on_end = [this](const std::string& why) { add(why_, why); };
    handler.on_packet = [this](std::string_view packet) { add(packets_, "[" + std::string(packet) + "]"); };
    loop_.on([&] {
      auto child = Child::start(loop_.loop(), std::move(options), std::move(handler));
      ASSERT_TRUE(child);
      child_ = std::move(*child);
    });
  }
  ~Talk() {
    loop_.on([&] { child_.reset(); });
    // The loop waits for what has ended, and so must not go before.
    siginfo_t info{};
    for (int i = 0; i < 1'000 && waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0; ++i)
      std::this_thread::sleep_for(10ms);
  }

  bool send(std::string_view packet) {
    return loop_.on([&] { return child_->send_packet(packet); });
  }
  void close() {
    loop_.on([&] { child_->close(); });
  }
  bool packets_are(std::string_view text) { return wait(packets_, text); }
  bool out_is(std::string_view text) { return wait(out_, text); }
  bool ended() { return wait(why_, "it ended with exit code 0"); }

 private:
  void add(std::string& to, std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    to += bytes;
    changed_.notify_all();
  }
  bool wait(const std::string& of, std::string_view text) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, [&] { return of == text; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string out_, why_, packets_;
  std::unique_ptr<Child> child_;
  testing::LoopThread loop_;
};

TEST(ChildLine, CarriesPacketsBothWaysAndAfterTheClose) {
  Talk talk(
      "import socket,os,sys;l=socket.socket(fileno=3);l.send(b'first');l.send(l.recv(99)+b'!');"
      "print(os.path.exists('/proc/self/fd/4'),flush=True);sys.stdin.read();l.send(b'last')",
      true);
  EXPECT_TRUE(talk.packets_are("[first]"));
  EXPECT_TRUE(talk.send("second"));
  EXPECT_TRUE(talk.packets_are("[first][second!]"));
  EXPECT_TRUE(talk.out_is("False\n"));
  talk.close();
  EXPECT_TRUE(talk.packets_are("[first][second!][last]"));
}

TEST(ChildLine, IsNotThereUnlessItIsToBe) {
  Talk talk("import os;print(sorted(os.listdir('/proc/self/fd'))[:4],flush=True)", false);
  EXPECT_TRUE(talk.ended());
  EXPECT_TRUE(talk.out_is("['0', '1', '2', '3']\n"));  // the last is the list's own
  EXPECT_FALSE(talk.send("x"));
}

}  // namespace
}  // namespace weir::net
