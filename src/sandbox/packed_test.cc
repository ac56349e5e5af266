#include "sandbox/packed.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

namespace weir::sandbox {
namespace {

struct Pair {
  Pair() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    one = Fd(ends[0]);
    other = Fd(ends[1]);
  }
  Fd one = Fd(), other = Fd();
};

TEST(Packed, StringsAndDescriptorsArrive) {
  Pair pair;
  const std::vector<std::string> strings = {"", std::string("a\0b", 3), std::string(100'000, 'x')};
  ASSERT_TRUE(send_packet(pair.one.get(), strings, {0, 1, 2}));
  const auto got = receive_packet(pair.other.get());
  ASSERT_TRUE(got);
  EXPECT_EQ(got->strings, strings);
  ASSERT_EQ(got->fds.size(), 3u);
  for (const Fd& fd : got->fds) EXPECT_EQ(fcntl(fd.get(), F_GETFD), FD_CLOEXEC);
}

TEST(Packed, BoundsAreHeld) {
  Pair pair;
  EXPECT_TRUE(send_packet(pair.one.get(), {std::string(kPackedBytesMax - 4, 'x')}, {0}));
  EXPECT_FALSE(send_packet(pair.one.get(), {std::string(kPackedBytesMax - 3, 'x')}, {0}));
  EXPECT_TRUE(send_packet(pair.one.get(), {"x"}, std::vector<int>(kPackedFdsMax, 0)));
  EXPECT_FALSE(send_packet(pair.one.get(), {"x"}, std::vector<int>(kPackedFdsMax + 1, 0)));
}

TEST(Packed, WhatIsNoPacketIsNothing) {
  Pair pair;
  for (const std::string_view bytes : {std::string_view("\x05\0\0\0abc", 7), std::string_view("\x01\0", 2)}) {
    ASSERT_GT(send(pair.one.get(), bytes.data(), bytes.size(), 0), 0);
    EXPECT_FALSE(receive_packet(pair.other.get()));
  }
  pair.one.reset();
  EXPECT_FALSE(receive_packet(pair.other.get()));
}

}  // namespace
}  // namespace weir::sandbox
