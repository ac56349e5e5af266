// ECDSA keys and certificates (P-256, P-384, P-521 with SHA-256, -384, -512), by OpenSSL. For this folder and
// whoever reads key files.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

struct evp_pkey_st;
struct x509_st;

namespace weir::skill {

// A public key, or a private one. Immutable.
class EcKey {
 public:
  // PEM. Errors: bad_input for what is no EC key of these curves, or is locked with a password.
  static Result<EcKey> read_public(std::string_view pem);
  static Result<EcKey> read_private(std::string_view pem);
  static Result<EcKey> from_der(std::string_view der);  // SubjectPublicKeyInfo

  // SHA-256 of the public key's PEM text, hex: how bundles name it.
  const std::string& hint() const { return hint_; }
  bool verify(std::string_view message, std::string_view signature) const;
  // Error: internal. Only of a private one.
  Result<std::string> sign(std::string_view message) const;
  bool same_public_key(const EcKey& other) const { return hint_ == other.hint_; }

 private:
  friend class Certificates;
  static Result<EcKey> adopt(evp_pkey_st* key);
  std::shared_ptr<evp_pkey_st> key_;  // shared: a cheap value, never changed
  std::string hint_;
};

// Some certificates: those that a signer is trusted by, or a chain, the leaf first.
class Certificates {
 public:
  // PEM, at least one. Errors: bad_input, too_large.
  static Result<Certificates> read(std::string_view pem);
  static Result<Certificates> from_der(const std::vector<std::string>& ders);

  std::vector<std::string> ders() const;
  Result<EcKey> leaf_key() const;
  // Common name and alternative names (mail, URI, DNS) of the leaf, for people and for `identity`.
  std::vector<std::string> leaf_names() const;
  // The leaf may sign, is no authority itself, and a chain of what is here leads to one of `trusted`, all
  // good at that time. Error: denied.
  Status check(const Certificates& trusted, int64_t wall_ms) const;

 private:
  std::vector<std::shared_ptr<x509_st>> all_;
};

}  // namespace weir::skill
