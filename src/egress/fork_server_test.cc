#include "egress/fork_server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>

#include "net/keeper.h"
#include "sandbox/around.h"
#include "sandbox/enclose.h"

namespace weir::egress {
namespace {

using sandbox::Fd;

// A sandbox under way, seen from the gateway's side.
class Started {
 public:
  Started(const ForkServer& server, const std::string& script, const std::string& profile_name,
          std::vector<std::string> read = {}) {
    auto profile = sandbox::find_profile({}, profile_name);
    EXPECT_TRUE(profile);
    for (std::string& path : read) profile->read.push_back(std::move(path));
    const sandbox::Around around = sandbox::this_machine();
    net::ChildOptions child;
    child.env = sandbox::make_env(*profile, around, {{"GIVEN", "given"}});
    child.close_ms = 100;
    const sandbox::Command command{
        .words = {"sh", "-c", script}, .program = "/bin/sh", .cwd = around.home, .by_operator = true};
    const auto plan = sandbox::make_plan(*profile, around, command);
    EXPECT_TRUE(plan);
    child.command = sandbox::enclosed("weir", *plan, command);
    int out[2], err[2], control[2];
    EXPECT_EQ(pipe2(out, O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(err, O_CLOEXEC), 0);
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control), 0);
    const Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    made = server.make(child, {null.get(), out[1], err[1], control[1]});
    for (const int fd : {out[1], err[1], control[1]}) close(fd);
    out_ = Fd(out[0]);
    err_ = Fd(err[0]);
    control_ = Fd(control[0]);
  }

  // Until its end.
  std::string output() { return all(out_); }
  std::string errors() { return all(err_); }
  // The exit code that the control socket tells; -1: it ends without a word.
  int code() {
    net::KeeperMessage message;
    if (recv(control_.get(), &message, sizeof(message), 0) != sizeof(message)) return -1;
    return message.kind == net::KeeperMessage::ended ? WEXITSTATUS(message.value) : -1;
  }
  // The first byte of its output: it is running.
  bool runs() {
    char byte = 0;
    return read(out_.get(), &byte, 1) == 1;
  }
  void order_end() {
    const net::KeeperMessage message{net::KeeperMessage::close, 0};
    EXPECT_EQ(send(control_.get(), &message, sizeof(message), 0), static_cast<ssize_t>(sizeof(message)));
  }
  void lose_interest() { control_.reset(); }

  bool made = false;

 private:
  static std::string all(const Fd& from) {
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = read(from.get(), buffer, sizeof(buffer))) > 0;)
      text.append(buffer, static_cast<size_t>(got));
    return text;
  }

  Fd out_ = Fd(), err_ = Fd(), control_ = Fd();
};

class ForkServerTest : public testing::Test {
 protected:
  void SetUp() override {
    setenv("WEIR_TEST_KEY", "a-key-of-weirs", 1);
    auto started = ForkServer::start();
    ASSERT_TRUE(started);
    server_.emplace(*std::move(started));
    Started first(*server_, "exit 0", "mcp-server");
    if (first.code() == 3) GTEST_SKIP() << first.errors();
  }

  // With a spare, or without.
  static void wait_for_spare(bool wanted) {
    if (wanted) poll(nullptr, 0, 300);
  }

  std::optional<ForkServer> server_;
};

TEST_F(ForkServerTest, TellsOutputAndEnd) {
  for (const bool spare : {false, true}) {
    wait_for_spare(spare);
    Started sandbox(*server_, "echo out; echo err >&2; exit 7", "mcp-server");
    EXPECT_EQ(sandbox.output(), "out\n");
    EXPECT_EQ(sandbox.errors(), "err\n");
    EXPECT_EQ(sandbox.code(), 7);
  }
}

TEST_F(ForkServerTest, SandboxesAreTheSameWithSpareAndWithout) {
  // Without times and counts of links: /proc has one for each process of the host.
  const std::string look =
      "mount | sort; ls -la / /dev /etc /proc /tmp | grep -v ' [0-9]*$' |"
      " sed 's/^\\([^ ]*\\) *[0-9]* /\\1 /; s/ [A-Z][a-z][a-z] .*:.. / /';"
      "env | sort; id; umask; ulimit -a; pwd; grep -E 'Cap|NoNew|Seccomp' /proc/self/status;"
      "ls -l /proc/self/fd | wc -l";
  for (const char* profile : {"mcp-server", "skill", "fetched"}) {
    Started cold(*server_, look, profile);
    const std::string without = cold.output();
    wait_for_spare(true);
    Started spare(*server_, look, profile);
    EXPECT_EQ(spare.output(), without) << profile;
    EXPECT_NE(without, "");
  }
}

TEST_F(ForkServerTest, WeirsEnvironmentStaysOutside) {
  wait_for_spare(true);
  Started sandbox(*server_, "env; cat /proc/*/environ /proc/*/cmdline", "mcp-server");
  const std::string seen = sandbox.output();
  EXPECT_NE(seen.find("GIVEN=given"), std::string::npos);
  EXPECT_EQ(seen.find("a-key-of-weirs"), std::string::npos);
}

TEST_F(ForkServerTest, ManyAtOnce) {
  std::vector<std::unique_ptr<Started>> all;
  for (int i = 0; i < 8; ++i)
    all.push_back(std::make_unique<Started>(*server_, "sleep 0.1; exit " + std::to_string(i), "mcp-server"));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(all[static_cast<size_t>(i)]->code(), i);
}

TEST_F(ForkServerTest, EndsAtOnceWhenNobodyCares) {
  for (const bool spare : {false, true}) {
    wait_for_spare(spare);
    Started sandbox(*server_, "trap '' TERM HUP; echo on; (sleep 1000 & sleep 1000)", "mcp-server");
    ASSERT_TRUE(sandbox.runs());
    sandbox.lose_interest();
    EXPECT_EQ(sandbox.output(), "n\n");  // to the end: nobody has it open any more
  }
}

TEST_F(ForkServerTest, EndsInOrder) {
  Started polite(*server_, "trap 'exit 5' TERM; echo on; while true; do sleep 0.02; done", "mcp-server");
  ASSERT_TRUE(polite.runs());
  polite.order_end();
  EXPECT_EQ(polite.code(), 5);
  Started stubborn(*server_, "trap '' TERM; echo on; while true; do sleep 0.02; done", "mcp-server");
  ASSERT_TRUE(stubborn.runs());
  stubborn.order_end();
  EXPECT_EQ(stubborn.code(), 128 + SIGKILL);
}

TEST_F(ForkServerTest, EndsWithTheServer) {
  Started sandbox(*server_, "trap '' TERM HUP; echo on; sleep 1000", "mcp-server");
  ASSERT_TRUE(sandbox.runs());
  server_.reset();  // as when weir is gone: but somebody still holds the control socket
  sandbox.order_end();
  EXPECT_EQ(sandbox.code(), 128 + SIGKILL);
  EXPECT_EQ(sandbox.output(), "n\n");
}

TEST_F(ForkServerTest, RefusalsAreSaid) {
  wait_for_spare(true);
  Started sandbox(*server_, "exit 0", "mcp-server", {"/no/such/folder"});
  EXPECT_NE(sandbox.errors().find("/no/such/folder is granted to the sandbox, and is not there"),
            std::string::npos);
  EXPECT_EQ(sandbox.code(), 3);
}

TEST_F(ForkServerTest, WhatIsTooLongIsNotTaken) {
  Started sandbox(*server_, ": " + std::string(200'000, 'x'), "mcp-server");
  EXPECT_FALSE(sandbox.made);
}

}  // namespace
}  // namespace weir::egress
