// minisign (Ed25519, format of version 0.8 and later): public keys, secret keys without a password,
// signatures, both the hashed form ("ED") and the older one ("Ed"). Over a skill's listing: see
// Package::listing.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace weir::skill {

class MinisignKey {
 public:
  // The file, or its base64 line alone. Error: bad_input.
  static Result<MinisignKey> read_public(std::string_view text);
  static bool looks_like(std::string_view text);

  // "9A1B…": as minisign prints it.
  std::string id() const;
  // Error: denied, or bad_input for what is no signature. Gives the trusted comment.
  Result<std::string> verify(std::string_view message, std::string_view minisig) const;

 private:
  friend class MinisignSecret;
  std::string id_;   // 8 bytes
  std::string key_;  // 32 bytes
};

class MinisignSecret {
 public:
  // Errors: bad_input; unsupported for a key that is locked with a password.
  static Result<MinisignSecret> read(std::string_view text);
  static bool looks_like(std::string_view text);
  // The .minisig's text. `trusted_comment` is one line. Error: internal.
  Result<std::string> sign(std::string_view message, std::string_view trusted_comment) const;
  const MinisignKey& public_key() const { return public_; }

 private:
  MinisignKey public_;
  std::string seed_;  // 32 bytes
};

}  // namespace weir::skill
