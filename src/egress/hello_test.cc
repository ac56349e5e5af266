#include "egress/hello.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

namespace weir::egress {
namespace {

// What OpenSSL sends first.
std::string hello_for(const char* name) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* ssl = SSL_new(context);
  if (name != nullptr) SSL_set_tlsext_host_name(ssl, name);
  SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_connect(ssl);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(SSL_get_wbio(ssl), &bytes);
  std::string out(bytes, static_cast<size_t>(size));
  SSL_free(ssl);
  SSL_CTX_free(context);
  return out;
}

TEST(Hello, ReadsTheName) {
  Hello hello;
  ASSERT_EQ(parse_hello(hello_for("api.example"), hello), HelloStep::done);
  EXPECT_TRUE(hello.names_server);
  EXPECT_EQ(hello.server_name, "api.example");
  EXPECT_FALSE(hello.encrypted);
  ASSERT_EQ(parse_hello(hello_for(nullptr), hello), HelloStep::done);
  EXPECT_FALSE(hello.names_server);
}

TEST(Hello, WaitsForTheWholeMessage) {
  const std::string whole = hello_for("api.example");
  Hello hello;
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(parse_hello(whole.substr(0, size), hello), HelloStep::more) << size;
}

TEST(Hello, PutsRecordsTogether) {
  const std::string whole = hello_for("api.example");
  const std::string message = whole.substr(5);
  std::string cut;
  for (size_t at = 0; at < message.size(); at += 7) {
    const std::string piece = message.substr(at, 7);
    cut += std::string("\x16\x03\x01\x00", 4) + static_cast<char>(piece.size()) + piece;
  }
  Hello hello;
  ASSERT_EQ(parse_hello(cut, hello), HelloStep::done);
  EXPECT_EQ(hello.server_name, "api.example");
}

TEST(Hello, RefusesTwoNamesAndWhatIsNoTls) {
  Hello hello;
  EXPECT_EQ(parse_hello("GET / HTTP/1.1\r\n", hello), HelloStep::malformed);
  EXPECT_EQ(parse_hello(std::string("\x16\x03\x01\x00\x04\x02\x00\x00\x00", 9), hello), HelloStep::malformed);
  EXPECT_EQ(parse_hello(std::string("\x16\x03\x01\x00\x00", 5), hello), HelloStep::malformed);
  // The list of names, twice.
  std::string whole = hello_for("api.example");
  const size_t at = whole.find("api.example");
  const std::string extension = whole.substr(at - 9, 9 + 11);
  whole.insert(at - 9, extension);
  const auto add = [&](size_t place, size_t width) {
    size_t value = 0;
    for (size_t i = 0; i < width; ++i) value = value << 8 | static_cast<uint8_t>(whole[place + i]);
    value += extension.size();
    for (size_t i = width; i-- > 0; value >>= 8) whole[place + i] = static_cast<char>(value & 0xff);
  };
  add(3, 2);
  add(6, 3);
  const size_t session = 5 + 4 + 34;
  const size_t ciphers = session + 1 + static_cast<uint8_t>(whole[session]);
  const size_t compression =
      ciphers + 2 + (static_cast<uint8_t>(whole[ciphers]) << 8 | static_cast<uint8_t>(whole[ciphers + 1]));
  add(compression + 1 + static_cast<uint8_t>(whole[compression]), 2);
  EXPECT_EQ(parse_hello(whole, hello), HelloStep::malformed);
}

}  // namespace
}  // namespace weir::egress
