// The client against a TLS server with certificates made here: the right name, a wrong one, an unknown CA.
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>

#include "net/client.h"
#include "net/testing.h"

namespace weir::net {
namespace {

using testing::Raw;
using testing::RawListener;

struct Certificate {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), EVP_PKEY_free};
  std::unique_ptr<X509, decltype(&X509_free)> cert{X509_new(), X509_free};
};

void add_extension(X509* cert, int nid, const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
}

// Self-signed, for the alternative names given ("DNS:localhost").
Certificate self_signed(const char* names) {
  Certificate made;
  X509* cert = made.cert.get();
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
  X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
  X509_set_pubkey(cert, made.key.get());
  X509_NAME* name = X509_get_subject_name(cert);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("weir test"),
                             -1, -1, 0);
  X509_set_issuer_name(cert, name);
  add_extension(cert, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(cert, NID_subject_alt_name, names);
  X509_sign(cert, made.key.get(), EVP_sha256());
  return made;
}

// Serves one connection: one request, one reply, and, where asked, the end of TLS before that of TCP.
struct TlsServer {
  TlsServer(const Certificate& certificate, std::string reply, bool close_notify, int version_max = 0)
      : thread([this, &certificate, reply = std::move(reply), close_notify, version_max] {
          std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_server_method()),
                                                                    SSL_CTX_free);
          SSL_CTX_use_certificate(context.get(), certificate.cert.get());
          SSL_CTX_use_PrivateKey(context.get(), certificate.key.get());
          SSL_CTX_set_security_level(context.get(), 0);
          if (version_max != 0) SSL_CTX_set_max_proto_version(context.get(), version_max);
          Raw raw = listener.accept();
          std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
          SSL_set_fd(ssl.get(), raw.fd());
          if (SSL_accept(ssl.get()) != 1) return;
          const char* sni = SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name);
          asked_for = sni != nullptr ? sni : "";
          char buffer[4096];
          if (SSL_read(ssl.get(), buffer, sizeof(buffer)) <= 0) return;
          SSL_write(ssl.get(), reply.data(), static_cast<int>(reply.size()));
          if (close_notify) SSL_shutdown(ssl.get());
        }) {}
  ~TlsServer() { thread.join(); }
  RawListener listener;
  std::string asked_for;
  std::thread thread;
};

class Tls : public ::testing::Test {
 protected:
  void trust(const Certificate& certificate) {
    path = ::testing::TempDir() + "weir_net_tls_" + std::to_string(getpid()) + ".pem";
    FILE* file = std::fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    PEM_write_X509(file, certificate.cert.get());
    std::fclose(file);
  }
  ~Tls() override {
    if (!path.empty()) std::remove(path.c_str());
  }
  // "200 body" or the error's text.
  std::string fetch(const std::string& host, uint16_t port) {
    Loop loop;
    Client client(loop, {.ca_file = path});
    std::string out;
    const Timer late = loop.after(10'000, [&] { loop.stop(); });
    const auto fetch = client.fetch({"GET", Url{"https", host, port, "/"}, {}, ""},
                                    {[&](int status, const Headers&) { out = std::to_string(status) + " "; },
                                     [&](std::string_view bytes) { out += bytes; }, [&] { loop.stop(); },
                                     [&](const Error& error) {
                                       out = "error: " + error.message;
                                       loop.stop();
                                     }});
    loop.run();
    return out;
  }
  std::string path;
};

const std::string kReply = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST_F(Tls, RightHostByNameAndAddress) {
  const Certificate certificate = self_signed("DNS:localhost,IP:127.0.0.1");
  trust(certificate);
  TlsServer named(certificate, kReply, true);
  EXPECT_EQ(fetch("localhost", named.listener.port()), "200 ok");
  EXPECT_EQ(named.asked_for, "localhost");
  TlsServer numbered(certificate, kReply, false);
  EXPECT_EQ(fetch("127.0.0.1", numbered.listener.port()), "200 ok");
  EXPECT_EQ(numbered.asked_for, "");
}

TEST_F(Tls, WrongHost) {
  const Certificate certificate = self_signed("DNS:other.example");
  trust(certificate);
  TlsServer named(certificate, kReply, true);
  const std::string got = fetch("localhost", named.listener.port());
  EXPECT_TRUE(got.starts_with("error: TLS failed: ") && got.find("mismatch") != got.npos) << got;
  TlsServer numbered(certificate, kReply, true);
  EXPECT_TRUE(fetch("127.0.0.1", numbered.listener.port()).starts_with("error: TLS failed: "));
}

TEST_F(Tls, UntrustedCa) {
  trust(self_signed("DNS:localhost"));
  const Certificate certificate = self_signed("DNS:localhost");
  TlsServer server(certificate, kReply, true);
  EXPECT_TRUE(fetch("localhost", server.listener.port()).starts_with("error: TLS failed: "));
  path.clear();
  TlsServer again(certificate, kReply, true);
  EXPECT_TRUE(fetch("localhost", again.listener.port()).starts_with("error: TLS failed: "));
}

TEST_F(Tls, OldVersion) {
  const Certificate certificate = self_signed("DNS:localhost");
  trust(certificate);
  TlsServer server(certificate, kReply, true, TLS1_1_VERSION);
  EXPECT_TRUE(fetch("localhost", server.listener.port()).starts_with("error: TLS failed: "));
}

TEST_F(Tls, ATruncatedBodyIsNoWholeOne) {
  const Certificate certificate = self_signed("DNS:localhost");
  trust(certificate);
  TlsServer whole(certificate, "HTTP/1.1 200 OK\r\n\r\nuntil close", true);
  EXPECT_EQ(fetch("localhost", whole.listener.port()), "200 until close");
  TlsServer cut(certificate, "HTTP/1.1 200 OK\r\n\r\nuntil cl", false);
  EXPECT_EQ(fetch("localhost", cut.listener.port()), "error: the upstream closed in the middle of its reply");
}

TEST_F(Tls, UnreadableCaFile) {
  RawListener listener;
  path = "/nonexistent/ca.pem";
  const std::string got = fetch("127.0.0.1", listener.port());
  EXPECT_TRUE(got.starts_with("error: the CA file cannot be read")) << got;
  path.clear();
}

}  // namespace
}  // namespace weir::net
