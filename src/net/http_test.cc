#include "net/http.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "net/chunked.h"
#include "net/head.h"
#include "net/url.h"

namespace weir::net {
namespace {

TEST(Headers, KeepOrderAndCompareWithoutCase) {
  Headers headers{{"A", "1"}, {"b", "2"}, {"a", "3"}};
  EXPECT_EQ(headers.find("a"), "1");
  EXPECT_EQ(headers.count("A"), 2u);
  headers.set("a", "4");
  EXPECT_EQ(headers.size(), 2u);
  EXPECT_EQ(headers.begin()->value, "4");
  EXPECT_EQ(headers.remove("B"), 1u);
  EXPECT_FALSE(headers.find("b"));
}

TEST(Headers, HopByHopIncludesWhatConnectionNames) {
  Headers headers{{"Connection", "close, X-Own"},
                  {"x-own", "1"},
                  {"Keep-Alive", "5"},
                  {"Proxy-Foo", "1"},
                  {"TE", "trailers"},
                  {"Trailer", "X"},
                  {"Upgrade", "h2c"},
                  {"connection", "x-two"},
                  {"X-Two", "2"},
                  {"Content-Length", "1"},
                  {"Transfer-Encoding", "chunked"},
                  {"Stays", "yes"}};
  remove_hop_by_hop(headers);
  ASSERT_EQ(headers.size(), 1u);
  EXPECT_EQ(headers.begin()->name, "Stays");
}

TEST(Url, Accepts) {
  const auto url = parse_url("HTTPS://Api.Example:8443/v1?x=%20#frag");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(*url, (Url{"https", "api.example", 8443, "/v1?x=%20"}));
  EXPECT_EQ(url->authority(), "api.example:8443");
  EXPECT_EQ(parse_url("http://[::1]:80?q")->text(), "http://[::1]/?q");
  EXPECT_EQ(parse_url("https://h")->port, 443);
  EXPECT_EQ(parse_url("http://h:65535/")->port, 65535);
}

TEST(Url, Refuses) {
  for (const char* text : {"",
                           "h",
                           "ftp://h/",
                           "http:/h",
                           "http://",
                           "http:///p",
                           "http://u@h/",
                           "http://u:p@h/",
                           "http://h:0/",
                           "http://h:65536/",
                           "http://h:x/",
                           "http://h:080000/",
                           "http://h:-1/",
                           "http://[::1/",
                           "http://[::1]x/",
                           "http://[1.2.3.4]/",
                           "http://h /",
                           "http://h/\n",
                           "http://h/%zz",
                           "http://h/%2",
                           "http://h\\@x/",
                           "http://h%41/",
                           "http://a..b/",
                           "http://.a/",
                           "http://h/\xc3\xa4",
                           "http://?q",
                           "//h/",
                           "http://h:1:2/"}) {
    EXPECT_FALSE(parse_url(text).has_value()) << text;
  }
  EXPECT_TRUE(parse_url("http://" + std::string(255, 'a') + "/").has_value());
  EXPECT_FALSE(parse_url("http://" + std::string(256, 'a') + "/").has_value());
}

int request_status(const std::string& text) {
  HeadScanner scanner;
  std::optional<Refusal> refusal;
  const size_t size = scanner.scan(text, refusal);
  if (refusal) return refusal->status;
  if (size == 0) return 0;
  RequestHead head;
  refusal = parse_request_head(std::string_view(text).substr(0, size), head);
  return refusal ? refusal->status : 200;
}

TEST(RequestHead, Table) {
  const struct {
    int status;
    std::string text;
  } kCases[] = {
      {200, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
      {200, "GET / HTTP/1.0\r\n\r\n"},
      {200, "GET / HTTP/1.1\r\nhOsT:h\r\nEmpty:\r\nTabbed:\t x y\t \r\n\r\n"},
      {200, "GET http://a/b HTTP/1.1\r\nHost: h\r\n\r\n"},
      {200, "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"},
      {200, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n"},
      {200, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"},
      {0, "GET / HTTP/1.1\r\nHost: h\r\n"},
      {400, "GET / HTTP/1.1\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: u@b\r\n\r\n"},
      {400, "GET /\r\nHost: h\r\n\r\n"},
      {400, "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"},
      {400, "GET / x HTTP/1.1\r\nHost: h\r\n\r\n"},
      {400, "GET / HTTP/1.1 \r\nHost: h\r\n\r\n"},
      {400, "GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n"},
      {400, "GET /# HTTP/1.1\r\nHost: h\r\n\r\n"},
      {400, "GET x HTTP/1.1\r\nHost: h\r\n\r\n"},
      {400, "G(T / HTTP/1.1\r\nHost: h\r\n\r\n"},
      {400, "GET / http/1.1\r\nHost: h\r\n\r\n"},
      {400, "GET / HTTP/1.1\nHost: h\n\n"},
      {400, "GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\n Host: h\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost : h\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: h\r\n: v\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\nHost: h\r\nA: x\ry\r\n\r\n"},
      {400, std::string("GET / HTTP/1.1\r\nHost: h\r\nA: x\0y\r\n\r\n", 35)},
      {400, "GET / HTTP/1.1\r\nHost: h\r\nA: \x7f\r\n\r\n"},
      {400, "\n"},
      {505, "GET / HTTP/2.0\r\nHost: h\r\n\r\n"},
      {505, "PRI * HTTP/2.0\r\n\r\n"},
      {501, "CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n"},
      {417, "POST / HTTP/1.1\r\nHost: h\r\nExpect: x\r\n\r\n"},
      // Smuggling shapes.
      {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\ncontent-length: 5\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 5\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -5\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x5\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n"},
      {413, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n"},
      {501, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"},
      {501, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\x0b\r\n\r\n"},
      {400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
  };
  for (const auto& c : kCases) EXPECT_EQ(request_status(c.text), c.status) << c.text;
}

TEST(RequestHead, BoundsAtAndPast) {
  const auto with_fields = [](size_t count) {
    std::string text = "GET / HTTP/1.1\r\nHost: h\r\n";
    for (size_t i = 1; i < count; ++i) text += "A: b\r\n";
    return text + "\r\n";
  };
  EXPECT_EQ(request_status(with_fields(limits::kHttpHeadersMax)), 200);
  EXPECT_EQ(request_status(with_fields(limits::kHttpHeadersMax + 1)), 431);
  const auto of_size = [](size_t bytes) {
    const std::string start = "GET / HTTP/1.1\r\nHost: h\r\nA: ";
    return start + std::string(bytes - start.size() - 4, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(request_status(of_size(limits::kHttpHeaderBytesMax)), 200);
  EXPECT_EQ(request_status(of_size(limits::kHttpHeaderBytesMax + 1)), 431);
}

TEST(RequestHead, AbsoluteFormOverridesHost) {
  RequestHead head;
  ASSERT_FALSE(parse_request_head("GET http://real:81/p?q HTTP/1.1\r\nHost: fake\r\n\r\n", head));
  EXPECT_EQ(head.target, "/p?q");
  EXPECT_EQ(head.headers.find("host"), "real:81");
}

TEST(HeadScanner, FindsTheEndByteByByte) {
  const std::string text = "GET / HTTP/1.1\r\nHost: h\r\n\r\nrest";
  HeadScanner scanner;
  std::optional<Refusal> refusal;
  for (size_t i = 1; i < text.size() - 4; ++i) EXPECT_EQ(scanner.scan(text.substr(0, i), refusal), 0u);
  EXPECT_EQ(scanner.scan(text, refusal), text.size() - 4);
  EXPECT_FALSE(refusal);
}

TEST(ResponseHead, Table) {
  const struct {
    bool fine;
    std::string text;
  } kCases[] = {
      {true, "HTTP/1.1 200 OK\r\n\r\n"},
      {true, "HTTP/1.1 200\r\n\r\n"},
      {true, "HTTP/1.0 599 \r\n\r\n"},
      {false, "HTTP/1.1 2000\r\n\r\n"},
      {false, "HTTP/1.1 20\r\n\r\n"},
      {false, "HTTP/1.1 099 x\r\n\r\n"},
      {false, "HTTP/1.1 600 x\r\n\r\n"},
      {false, "HTTP/2 200\r\n\r\n"},
      {false, "ICY 200 OK\r\n\r\n"},
      {false, "HTTP/1.1 200 \x01\r\n\r\n"},
      {false, "\r\n"},
      {false, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"},
      {false, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"},
  };
  for (const auto& c : kCases) {
    ResponseHead head;
    EXPECT_EQ(!parse_response_head(c.text, head), c.fine) << c.text;
  }
}

// The body, or "!" when malformed, "?" when not over; whole and byte by byte must agree.
std::string decode(std::string_view text, size_t step) {
  ChunkedDecoder decoder;
  std::string out;
  for (size_t at = 0; at < text.size(); at += step) {
    std::string_view in = text.substr(at, step);
    while (true) {
      std::string_view piece;
      const auto got = decoder.next(in, piece);
      if (got == ChunkedDecoder::Step::data) out += piece;
      if (got == ChunkedDecoder::Step::malformed) return "!";
      if (got == ChunkedDecoder::Step::done) return out;
      if (got == ChunkedDecoder::Step::more) break;
    }
  }
  return "?";
}

TEST(Chunked, Table) {
  const std::pair<std::string, std::string> kCases[] = {
      {"0\r\n\r\n", ""},
      {"3\r\nabc\r\n0\r\n\r\n", "abc"},
      {"A;x=y\r\n0123456789\r\n00\r\nT: v\r\n\r\n", "0123456789"},
      {"3\r\nabc\r\n", "?"},
      {"3\nabc\r\n0\r\n\r\n", "!"},
      {"3\r\nabcd\r\n0\r\n\r\n", "!"},
      {"-1\r\n", "!"},
      {"0x3\r\nabc", "!"},
      {" 3\r\nabc\r\n", "!"},
      {"\r\n", "!"},
      {"fffffffffffffffff\r\n", "!"},
      {"3;a\nb\r\nabc\r\n0\r\n\r\n", "!"},
      {"0\r\n folded\r\n\r\n", "!"},
      {"0\r\nT: v\n\r\n", "!"},
      {"0\r\n\rx", "!"},
      {"1;" + std::string(limits::kHttpHeaderBytesMax, 'x') + "\r\na\r\n0\r\n\r\n", "a"},
      {"1;" + std::string(limits::kHttpHeaderBytesMax + 1, 'x') + "\r\na\r\n0\r\n\r\n", "!"},
  };
  for (const auto& [text, want] : kCases) {
    EXPECT_EQ(decode(text, text.size()), want) << text.substr(0, 40);
    EXPECT_EQ(decode(text, 1), want) << text.substr(0, 40);
  }
}

}  // namespace
}  // namespace weir::net
