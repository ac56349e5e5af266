#include "egress/address.h"

#include <gtest/gtest.h>

namespace weir::egress {
namespace {

std::string_view kind(std::string_view text) {
  return special_kind(*sandbox::parse_address(text), {});
}

TEST(Address, PublicOnesMayBeDialled) {
  for (const char* text :
       {"1.1.1.1", "100.63.255.255", "172.15.0.1", "172.32.0.1", "192.167.1.1", "198.17.0.1", "198.20.0.1",
        "223.255.255.255", "2606:4700::1111", "2a00::1", "64:ff9b::1.1.1.1", "2002:0101:0101::1"})
    EXPECT_EQ(kind(text), "") << text;
}

TEST(Address, TheMachinesOwnMayNot) {
  for (const char* text : {"0.0.0.0",
                           "10.1.2.3",
                           "100.64.0.1",
                           "127.0.0.1",
                           "127.255.0.1",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.1",
                           "192.168.0.1",
                           "192.0.0.192",
                           "198.18.0.2",
                           "224.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:127.0.0.1",
                           "::ffff:169.254.169.254",
                           "64:ff9b::7f00:1",
                           "2002:7f00:0001::",
                           "2001::1",
                           "fc00::1",
                           "fd00:ec2::254",
                           "fe80::1",
                           "fec0::1",
                           "ff02::1",
                           "::127.0.0.1"})
    EXPECT_NE(kind(text), "") << text;
}

TEST(Address, OneOfThisMachine) {
  const std::vector<sandbox::Address> own = {*sandbox::parse_address("203.0.113.7")};
  EXPECT_EQ(special_kind(own[0], own), "this machine's own address");
  EXPECT_EQ(kind("203.0.113.7"), "");
  const auto real = own_addresses();
  EXPECT_NE(std::find(real.begin(), real.end(), *sandbox::parse_address("127.0.0.1")), real.end());
}

}  // namespace
}  // namespace weir::egress
