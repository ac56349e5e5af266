// skill.oms.sig: OpenSSF Model Signing v1.0, a Sigstore bundle (v0.3, JSON) with a DSSE envelope over an
// in-toto statement that names every file and its digest.
//
// A bundle says nothing about who signed: signers.h finds the key that it verifies under. Refused: files that
// the statement does not name or that its ignore_paths would hide, methods and hashes other than `files` with
// sha256 or blake2b-512, more than one signature, signatures of Sigstore's public service (keyless).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "skill/keys.h"
#include "skill/package.h"

namespace weir::skill {

struct Bundle {
  std::string payload;                     // the statement's bytes, which are signed
  std::string signature;                   // DER
  std::string hint = {};                   // of the key form
  std::optional<EcKey> raw_key = {};       // an older key form carries the key itself
  std::optional<Certificates> chain = {};  // the certificate form

  // What is signed: DSSE's pre-authentication encoding of the payload.
  std::string signed_bytes() const;
};

// Errors: bad_input, unsupported, too_large, with a JSON pointer. Verifies nothing.
Result<Bundle> parse_bundle(std::string_view json);

struct Statement {
  std::string subject;
  // Hex digests by path. One of them for each.
  std::vector<std::pair<std::string, std::string>> files = {};  // sorted
  bool blake2b = false;
};
Result<Statement> parse_statement(std::string_view json);

// Every file of the package but the signatures is in the statement with this digest, and nothing else is.
// Error: denied, which names the file.
Status matches(const Statement& statement, const Package& package);

// The bundle's text. With a chain, its leaf must have the key. Errors: bad_input, internal.
Result<std::string> sign_bundle(const Package& package, std::string_view subject, const EcKey& key,
                                const Certificates* chain);

}  // namespace weir::skill
