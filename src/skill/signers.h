// Signers: whose signature on a skill counts, and what a skill's signatures are worth.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "skill/keys.h"
#include "skill/minisign.h"
#include "skill/package.h"

namespace weir::skill {

// [skills.signer.NAME] of weir.toml. Exactly one of the three keys is there.
struct Signer {
  std::string name;
  std::vector<std::string> skills = {"*"};  // names that it may sign
  bool trusted = false;                     // its skills' words count; else they are data, though known
  std::string identity = {};                // with `authorities`: a name that the certificate must have
  std::optional<EcKey> key = {};
  std::optional<Certificates> authorities = {};
  std::optional<MinisignKey> minisign = {};
};

// A PEM public key, PEM certificates, or a minisign public key. Error: bad_input.
Result<Signer> read_signer(std::string name, std::string_view key_text);

struct Signature {
  enum class State : uint8_t {
    none,      // no signature is there
    stranger,  // a whole one, by nobody whose key is known here
    good,
  };
  State state = State::none;
  std::string signer = {};  // of a good one
  bool trusted = false;     // what weir.toml says of that signer
  std::string form = {};    // "oms key", "oms certificate", "minisign"
  std::string key = {};     // who it may be: a key's digest, a certificate's names
};

// Error: denied (or what the parsers give) where a signature is not for these files or bytes: such a skill is
// never used. `cert_wall_ms`: the time at which certificates must have been good.
Result<Signature> check_signature(const Skill& skill, const std::vector<Signer>& signers,
                                  int64_t cert_wall_ms);

}  // namespace weir::skill
