#include "skill/keys.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"
#include "skill/limits.h"

namespace weir::skill {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct FreeStore {
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};
struct FreeCheck {
  void operator()(X509_STORE_CTX* check) const { X509_STORE_CTX_free(check); }
};
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::unique_ptr<BIO, FreeBio> bio_of(std::string_view text) {
  return std::unique_ptr<BIO, FreeBio>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

int no_password(char*, int, int, void*) {
  return -1;
}

// Null for a curve that OMS does not have.
const EVP_MD* hash_for(EVP_PKEY* key) {
  char curve[64] = {};
  size_t length = 0;
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
      EVP_PKEY_get_group_name(key, curve, sizeof(curve), &length) != 1)
    return nullptr;
  const std::string_view name(curve, length);
  if (name == "prime256v1" || name == "P-256") return EVP_sha256();
  if (name == "secp384r1" || name == "P-384") return EVP_sha384();
  if (name == "secp521r1" || name == "P-521") return EVP_sha512();
  return nullptr;
}

std::string text_of(const ASN1_STRING* text) {
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<size_t>(ASN1_STRING_length(text)));
}

Status check_leaf(X509* leaf) {
  const auto denied = [](std::string why) { return Error{Code::denied, std::move(why), {}, {}}; };
  if (X509_check_ca(leaf) == 1) return denied("the signing certificate is an authority's");
  const uint32_t flags = X509_get_extension_flags(leaf);
  const bool usage = (flags & EXFLAG_KUSAGE) != 0;
  const bool extended = (flags & EXFLAG_XKUSAGE) != 0;
  if (usage && (X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) == 0)
    return denied("the signing certificate is not for signatures");
  if (extended && (X509_get_extended_key_usage(leaf) & (XKU_CODE_SIGN | XKU_ANYEKU)) == 0)
    return denied("the signing certificate is not for code");
  if (!usage && !extended) return denied("the signing certificate does not say that it is for signatures");
  return {};
}

}  // namespace

Result<EcKey> EcKey::adopt(EVP_PKEY* raw) {
  EcKey key;
  key.key_ = std::shared_ptr<EVP_PKEY>(raw, [](EVP_PKEY* each) { EVP_PKEY_free(each); });
  if (raw == nullptr) return bad_input("it is no PEM key, or it is locked with a password");
  if (hash_for(raw) == nullptr)
    return bad_input("it is no EC key of P-256, P-384 or P-521", {},
                     "openssl ecparam -name prime256v1 -genkey -noout");
  const std::unique_ptr<BIO, FreeBio> pem(BIO_new(BIO_s_mem()));
  char* text = nullptr;
  if (PEM_write_bio_PUBKEY(pem.get(), raw) != 1)
    return Error{Code::internal, "a public key cannot be written", {}, {}};
  const long length = BIO_get_mem_data(pem.get(), &text);
  key.hint_ = to_hex(as_bytes(sha256(std::string_view(text, static_cast<size_t>(length)))));
  return key;
}

Result<EcKey> EcKey::read_public(std::string_view pem) {
  if (pem.size() > kKeyFileBytesMax) return too_large("more than a key has");
  return adopt(PEM_read_bio_PUBKEY(bio_of(pem).get(), nullptr, no_password, nullptr));
}

Result<EcKey> EcKey::read_private(std::string_view pem) {
  if (pem.size() > kKeyFileBytesMax) return too_large("more than a key has");
  return adopt(PEM_read_bio_PrivateKey(bio_of(pem).get(), nullptr, no_password, nullptr));
}

Result<EcKey> EcKey::from_der(std::string_view der) {
  const unsigned char* at = bytes_of(der);
  EVP_PKEY* key = d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size()));
  if (key != nullptr && at != bytes_of(der) + der.size()) {
    EVP_PKEY_free(key);
    key = nullptr;
  }
  return adopt(key);
}

bool EcKey::verify(std::string_view message, std::string_view signature) const {
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(context.get(), nullptr, hash_for(key_.get()), nullptr, key_.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                          message.size()) == 1;
}

Result<std::string> EcKey::sign(std::string_view message) const {
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  size_t length = 0;
  std::string out;
  bool good = EVP_DigestSignInit(context.get(), nullptr, hash_for(key_.get()), nullptr, key_.get()) == 1 &&
              EVP_DigestSign(context.get(), nullptr, &length, bytes_of(message), message.size()) == 1;
  out.resize(length);
  good = good && EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &length,
                                bytes_of(message), message.size()) == 1;
  if (!good) return Error{Code::internal, "the key cannot sign", {}, {}};
  out.resize(length);
  return out;
}

Result<Certificates> Certificates::read(std::string_view pem) {
  if (pem.size() > kKeyFileBytesMax) return too_large("more than some certificates have");
  Certificates out;
  const auto bio = bio_of(pem);
  while (X509* each = PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)) {
    out.all_.emplace_back(each, X509_free);
    if (out.all_.size() > kCertificatesMax)
      return too_large(fmt::format("more than {} certificates", kCertificatesMax));
  }
  if (out.all_.empty()) return bad_input("there is no PEM certificate in it");
  return out;
}

Result<Certificates> Certificates::from_der(const std::vector<std::string>& ders) {
  if (ders.empty() || ders.size() > kCertificatesMax)
    return bad_input(fmt::format("a chain has 1 to {} certificates", kCertificatesMax));
  Certificates out;
  for (const std::string& der : ders) {
    const unsigned char* at = bytes_of(der);
    X509* each = d2i_X509(nullptr, &at, static_cast<long>(der.size()));
    if (each == nullptr) return bad_input("a certificate of the chain cannot be read");
    out.all_.emplace_back(each, X509_free);
    if (at != bytes_of(der) + der.size()) return bad_input("bytes behind a certificate of the chain");
  }
  return out;
}

std::vector<std::string> Certificates::ders() const {
  std::vector<std::string> out;
  for (const auto& each : all_) {
    unsigned char* der = nullptr;
    const int length = i2d_X509(each.get(), &der);
    if (length > 0) out.emplace_back(reinterpret_cast<const char*>(der), static_cast<size_t>(length));
    OPENSSL_free(der);
  }
  return out;
}

Result<EcKey> Certificates::leaf_key() const {
  return EcKey::adopt(X509_get_pubkey(all_.front().get()));
}

std::vector<std::string> Certificates::leaf_names() const {
  std::vector<std::string> out;
  X509* leaf = all_.front().get();
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_EMAIL || name->type == GEN_URI || name->type == GEN_DNS)
      out.push_back(text_of(name->d.ia5));
  }
  X509_NAME* subject = X509_get_subject_name(leaf);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0) out.push_back(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
  return out;
}

Status Certificates::check(const Certificates& trusted, int64_t wall_ms) const {
  WEIR_TRY(check_leaf(all_.front().get()));
  const std::unique_ptr<X509_STORE, FreeStore> store(X509_STORE_new());
  for (const auto& each : trusted.all_) X509_STORE_add_cert(store.get(), each.get());
  const std::unique_ptr<STACK_OF(X509), FreeStack> between(sk_X509_new_null());
  for (size_t i = 1; i < all_.size(); ++i) sk_X509_push(between.get(), all_[i].get());
  const std::unique_ptr<X509_STORE_CTX, FreeCheck> check(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(check.get(), store.get(), all_.front().get(), between.get()) != 1)
    return Error{Code::internal, "certificates cannot be checked", {}, {}};
  X509_VERIFY_PARAM* how = X509_STORE_CTX_get0_param(check.get());
  X509_VERIFY_PARAM_set_flags(how, X509_V_FLAG_PARTIAL_CHAIN);  // an authority need not be a root
  X509_VERIFY_PARAM_set_time(how, static_cast<time_t>(wall_ms / 1'000));
  X509_VERIFY_PARAM_set_depth(how, static_cast<int>(kCertificatesMax));
  X509_VERIFY_PARAM_set_auth_level(how, 2);  // 112 bits: no SHA-1, no small keys on the way
  if (X509_verify_cert(check.get()) == 1) return {};
  return Error{Code::denied,
               fmt::format("the signing certificate is not of an authority that is trusted: {}",
                           X509_verify_cert_error_string(X509_STORE_CTX_get_error(check.get()))),
               {},
               {}};
}

}  // namespace weir::skill
