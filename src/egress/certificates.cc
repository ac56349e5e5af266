#include "egress/certificates.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "sandbox/host.h"

namespace weir::egress {
namespace {

template <auto free>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;

constexpr long kBeforeS = 86'400, kAfterS = 397L * 86'400;
constexpr unsigned char kHttp1[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

Error failure(std::string_view what) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return {Code::internal,
          "no certificate for a sandbox: " + std::string(what) + (reason == nullptr ? "" : ": ") +
              (reason == nullptr ? "" : reason),
          {},
          {}};
}

bool add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_name(X509_NAME* name, const std::string& text) {
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const uint8_t*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

// Without its extensions and signature.
Certificate blank(EVP_PKEY* key, const std::string& name) {
  Certificate out(X509_new());
  unsigned char serial[16];
  if (!out || RAND_bytes(serial, sizeof(serial)) != 1) return {};
  serial[0] &= 0x7f;
  std::unique_ptr<BIGNUM, Free<BN_free>> number(BN_bin2bn(serial, sizeof(serial), nullptr));
  X509_set_version(out.get(), 2);
  const bool made = number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(out.get())) != nullptr &&
                    X509_gmtime_adj(X509_getm_notBefore(out.get()), -kBeforeS) != nullptr &&
                    X509_gmtime_adj(X509_getm_notAfter(out.get()), kAfterS) != nullptr &&
                    X509_set_pubkey(out.get(), key) == 1 &&
                    set_name(X509_get_subject_name(out.get()), name.substr(0, 64));
  return made ? std::move(out) : Certificate();
}

bool is_address(const std::string& host) {
  return sandbox::parse_address(host).has_value();
}

std::string constraints(const std::vector<std::string>& hosts) {
  std::string out = "critical";
  for (const std::string& host : hosts) {
    const bool v6 = host.find(':') != std::string::npos;
    out += is_address(host) ? ",permitted;IP:" + host +
                                  (v6 ? "/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" : "/255.255.255.255")
                            : ",permitted;DNS:" + host;
  }
  return out;
}

int choose_http1(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                 unsigned int in_size, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp1, sizeof(kHttp1), in, in_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<Certificates> Certificates::make(const std::vector<std::string>& hosts) {
  Certificates out;
  const Key key(EVP_EC_gen("P-256"));
  if (!key) return failure("key");
  const Certificate authority = blank(key.get(), "weir sandbox");
  if (!authority || X509_set_issuer_name(authority.get(), X509_get_subject_name(authority.get())) != 1 ||
      !add_extension(authority.get(), authority.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !add_extension(authority.get(), authority.get(), NID_key_usage, "critical,keyCertSign") ||
      !add_extension(authority.get(), authority.get(), NID_subject_key_identifier, "hash") ||
      !add_extension(authority.get(), authority.get(), NID_name_constraints, constraints(hosts)) ||
      X509_sign(authority.get(), key.get(), EVP_sha256()) == 0)
    return failure("authority");
  const Bio text(BIO_new(BIO_s_mem()));
  char* bytes = nullptr;
  if (!text || PEM_write_bio_X509(text.get(), authority.get()) != 1) return failure("PEM");
  const long size = BIO_get_mem_data(text.get(), &bytes);
  out.authority_pem_.assign(bytes, static_cast<size_t>(size));
  for (const std::string& host : hosts) {
    const Certificate leaf = blank(key.get(), host);
    if (!leaf || X509_set_issuer_name(leaf.get(), X509_get_subject_name(authority.get())) != 1 ||
        !add_extension(leaf.get(), authority.get(), NID_subject_alt_name,
                       (is_address(host) ? "IP:" : "DNS:") + host) ||
        !add_extension(leaf.get(), authority.get(), NID_basic_constraints, "critical,CA:FALSE") ||
        !add_extension(leaf.get(), authority.get(), NID_key_usage, "critical,digitalSignature") ||
        !add_extension(leaf.get(), authority.get(), NID_ext_key_usage, "serverAuth") ||
        !add_extension(leaf.get(), authority.get(), NID_authority_key_identifier, "keyid") ||
        X509_sign(leaf.get(), key.get(), EVP_sha256()) == 0)
      return failure(host);
    Context context(SSL_CTX_new(TLS_server_method()));
    if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
        SSL_CTX_use_certificate(context.get(), leaf.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1)
      return failure(host);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_alpn_select_cb(context.get(), choose_http1, nullptr);
    out.servers_.insert_or_assign(host, std::move(context));
  }
  return out;
}

SSL_CTX* Certificates::server(const std::string& host) const {
  const auto at = servers_.find(host);
  return at == servers_.end() ? nullptr : at->second.get();
}

Result<Context> client_context() {
  Context context(SSL_CTX_new(TLS_client_method()));
  if (!context || SSL_CTX_set_default_verify_paths(context.get()) != 1 ||
      SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_alpn_protos(context.get(), kHttp1, sizeof(kHttp1)) != 0)
    return unavailable("the system's certificate authorities cannot be read", {},
                       "install ca-certificates, or set SSL_CERT_FILE");
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

SSL* client_session(SSL_CTX* context, const std::string& host) {
  SSL* ssl = SSL_new(context);
  if (ssl == nullptr) return nullptr;
  X509_VERIFY_PARAM* check = SSL_get0_param(ssl);
  const bool set = is_address(host) ? X509_VERIFY_PARAM_set1_ip_asc(check, host.c_str()) == 1
                                    : SSL_set1_host(ssl, host.c_str()) == 1 &&
                                          SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
  if (set) return ssl;
  SSL_free(ssl);
  return nullptr;
}

}  // namespace weir::egress
