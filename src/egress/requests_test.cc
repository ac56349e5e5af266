#include "egress/requests.h"

#include <gtest/gtest.h>

namespace weir::egress {
namespace {

constexpr char kStandIn[] = "abcdefghijklmnop";
constexpr char kSecret[] = "ghp_012345678901";
const Swap kSwap{"TOKEN", kStandIn, kSecret};

// What passes; "refused: …" otherwise. Fed in one piece, and byte by byte, which must be the same.
std::string pass(const Rules& rules, std::string_view bytes) {
  std::string whole, pieces;
  Requests at_once(rules), in_pieces(rules);
  const Status all = at_once.feed(bytes, whole);
  Status each;
  for (size_t i = 0; i < bytes.size() && each; ++i) each = in_pieces.feed(bytes.substr(i, 1), pieces);
  EXPECT_EQ(all.has_value(), each.has_value());
  EXPECT_EQ(whole, pieces);
  return all ? whole : "refused: " + all.error().message;
}

Rules plain() {
  return {.host = "api.example", .port = 80};
}

TEST(Requests, PassesWhatIsForTheHostUnchanged) {
  for (const std::string_view bytes :
       {"GET / HTTP/1.1\r\nHost: api.example\r\n\r\n",
        "GET /a?b HTTP/1.1\r\nhOST: API.Example.:80\r\nX:  y \r\n\r\n",
        "POST / HTTP/1.1\r\nHost: api.example\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: "
        "api.example\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: api.example\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\n\r\n"
        "GET / HTTP/1.1\r\nHost: api.example\r\n\r\n"})
    EXPECT_EQ(pass(plain(), bytes), bytes);
}

TEST(Requests, RefusesWhatIsForAnother) {
  for (const std::string_view bytes :
       {"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "GET / HTTP/1.1\r\nHost: api.example:81\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: api.example.evil.example\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
        "GET http://evil.example/ HTTP/1.1\r\nHost: api.example\r\n\r\n",
        "CONNECT evil.example:443 HTTP/1.1\r\nHost: api.example\r\n\r\n",
        "CONNECT api.example:80 HTTP/1.1\r\nHost: api.example\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: api.example\r\nHost: evil.example\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: api.example@evil.example\r\n\r\n", "GET / HTTP/1.1\r\nHost: 127.1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: api.example\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\nHost: api.example\n\n", "GET / HTTP/1.1\r\nHost : api.example\r\n\r\n",
        "GET / HTTP/1.1\r\nX: y\r\n Host: api.example\r\n\r\n"})
    EXPECT_TRUE(pass(plain(), bytes).starts_with("refused: ")) << bytes << pass(plain(), bytes);
}

TEST(Requests, LooksAtEachRequestOfAConnection) {
  Requests requests(plain());
  std::string out;
  ASSERT_TRUE(requests.feed("GET /a HTTP/1.1\r\nHost: api.example\r\n\r\n", out));
  EXPECT_FALSE(requests.feed("GET /b HTTP/1.1\r\nHost: evil.example\r\n\r\n", out));
  EXPECT_EQ(out, "GET /a HTTP/1.1\r\nHost: api.example\r\n\r\n");
}

TEST(Requests, AnAbsoluteTargetGoesOnAsAPath) {
  EXPECT_EQ(pass(plain(), "GET http://api.example/x HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
            "GET /x HTTP/1.1\r\nHost: api.example\r\n\r\n");
}

TEST(Requests, OtherProtocolsAreNotAgreedOn) {
  EXPECT_EQ(
      pass(plain(),
           "GET / HTTP/1.1\r\nHost: api.example\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
           "HTTP2-Settings: AA\r\n\r\n"),
      "GET / HTTP/1.1\r\nHost: api.example\r\nConnection: keep-alive\r\n\r\n");
  Requests requests(plain());
  std::string out;
  const std::string ask =
      "GET / HTTP/1.1\r\nHost: api.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  ASSERT_TRUE(requests.feed(ask, out));
  EXPECT_EQ(out, ask);
  EXPECT_TRUE(requests.holding());
  Replies replies({});
  std::string in;
  replies.feed("HTTP/1.1 10", in);
  EXPECT_FALSE(replies.upgraded());
  replies.feed("1 Switching Protocols\r\n", in);
  ASSERT_EQ(replies.upgraded(), true);
  requests.answered(true);
  ASSERT_TRUE(requests.feed("\x81\x05hello", out));
  EXPECT_TRUE(out.ends_with("hello"));
  // Not agreed on: it is HTTP still.
  Requests refused(plain());
  ASSERT_TRUE(refused.feed(ask, out));
  EXPECT_FALSE(refused.feed("x", out));
  Requests other(plain());
  ASSERT_TRUE(other.feed(ask, out));
  other.answered(false);
  EXPECT_FALSE(other.feed("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", out));
}

TEST(Requests, PutsTheSecretIn) {
  const std::vector<Swap> swaps = {kSwap};
  const Rules rules{.host = "api.example", .port = 443, .tls = true, .swaps = swaps};
  EXPECT_EQ(pass(rules,
                 "GET /?key=abcdefghijklmnop HTTP/1.1\r\nHost: api.example\r\nAuthorization: Bearer "
                 "abcdefghijklmnop\r\nAccept-Encoding: gzip\r\n\r\n"),
            "GET /?key=ghp_012345678901 HTTP/1.1\r\nHost: api.example\r\nAuthorization: Bearer "
            "ghp_012345678901\r\nAccept-Encoding: identity\r\n\r\n");
  // "x:abcdefghijklmnop" and "x:ghp_012345678901"
  EXPECT_EQ(
      pass(rules,
           "GET / HTTP/1.1\r\nHost: api.example\r\nAuthorization: Basic eDphYmNkZWZnaGlqa2xtbm9w\r\n\r\n"),
      "GET / HTTP/1.1\r\nHost: api.example\r\nAuthorization: Basic eDpnaHBfMDEyMzQ1Njc4OTAx\r\n"
      "Accept-Encoding: identity\r\n\r\n");
  // What an echo of that would be is known.
  Requests basic(rules);
  std::string out;
  ASSERT_TRUE(basic.feed(
      "GET / HTTP/1.1\r\nHost: api.example\r\nAuthorization: Basic eDphYmNkZWZnaGlqa2xtbm9w\r\n\r\n", out));
  ASSERT_EQ(basic.encoded().size(), 1u);
  EXPECT_EQ(basic.encoded()[0].secret, "eDpnaHBfMDEyMzQ1Njc4OTAx");
  EXPECT_EQ(basic.encoded()[0].stand_in, "eDphYmNkZWZnaGlqa2xtbm9w");
  // Bodies stay.
  EXPECT_TRUE(
      pass(rules, "POST / HTTP/1.1\r\nHost: api.example\r\nContent-Length: 16\r\n\r\nabcdefghijklmnop")
          .ends_with("\r\n\r\nabcdefghijklmnop"));
}

TEST(Requests, AStandInForAnotherHostIsRefused) {
  const std::vector<Swap> foreign = {kSwap};
  const Rules rules{.host = "api.example", .port = 80, .foreign = foreign};
  EXPECT_EQ(pass(rules, "GET / HTTP/1.1\r\nHost: api.example\r\nX: abcdefghijklmnop\r\n\r\n"),
            "refused: the secret TOKEN belongs to another host than api.example");
}

TEST(Replies, TakesTheSecretOut) {
  const std::vector<Swap> swaps = {kSwap};
  const std::string reply =
      std::string("HTTP/1.1 200 OK\r\n\r\nyou said ") + kSecret + kSecret + " ghp_0 ghp_";
  for (size_t piece = 1; piece <= reply.size(); ++piece) {
    Replies replies(swaps);
    std::string out;
    for (size_t at = 0; at < reply.size(); at += piece)
      replies.feed(std::string_view(reply).substr(at, piece), out);
    replies.end(out);
    EXPECT_EQ(out, std::string("HTTP/1.1 200 OK\r\n\r\nyou said ") + kStandIn + kStandIn + " ghp_0 ghp_")
        << piece;
  }
}

}  // namespace
}  // namespace weir::egress
