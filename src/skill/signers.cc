#include "skill/signers.h"

#include <fmt/format.h>

#include <algorithm>

#include "manifest/trust.h"
#include "skill/limits.h"
#include "skill/oms.h"

namespace weir::skill {
namespace {

using State = Signature::State;

Error denied(std::string why, std::string hint = {}) {
  return {Code::denied, std::move(why), {}, std::move(hint)};
}

Result<Signature> good(const Signer& signer, const Skill& skill, std::string form, std::string key) {
  const bool may = std::any_of(signer.skills.begin(), signer.skills.end(), [&](const std::string& pattern) {
    return manifest::glob_matches(pattern, skill.md.name, "");
  });
  if (!may)
    return denied(fmt::format("{} may not sign a skill called {}", signer.name, skill.md.name),
                  fmt::format("`skills` in [skills.signer.{}]", signer.name));
  return Signature{State::good, signer.name, signer.trusted, std::move(form), std::move(key)};
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + shown(name);
  return out;
}

Result<Signature> check_chain(const Skill& skill, const Bundle& bundle, const std::vector<Signer>& signers,
                              int64_t wall_ms) {
  const std::vector<std::string> names = bundle.chain->leaf_names();
  WEIR_TRY_ASSIGN(key, bundle.chain->leaf_key());
  if (!key.verify(bundle.signed_bytes(), bundle.signature))
    return denied("the signature is not for this statement");
  Error why;
  for (const Signer& signer : signers) {
    if (!signer.authorities) continue;
    if (!signer.identity.empty() && std::find(names.begin(), names.end(), signer.identity) == names.end())
      continue;
    const Status chained = bundle.chain->check(*signer.authorities, wall_ms);
    if (chained) return good(signer, skill, "oms certificate", joined(names));
    why = chained.error();
  }
  return Signature{State::stranger,
                   {},
                   false,
                   "oms certificate",
                   why.message.empty() ? joined(names) : fmt::format("{} ({})", joined(names), why.message)};
}

Result<Signature> check_bundle(const Skill& skill, std::string_view text, const std::vector<Signer>& signers,
                               int64_t wall_ms) {
  WEIR_TRY_ASSIGN(bundle, parse_bundle(text));
  WEIR_TRY_ASSIGN(statement, parse_statement(bundle.payload));
  WEIR_TRY(matches(statement, skill.package));
  if (bundle.chain) return check_chain(skill, bundle, signers, wall_ms);
  const std::string bytes = bundle.signed_bytes();
  for (const Signer& signer : signers) {
    if (signer.key && signer.key->verify(bytes, bundle.signature))
      return good(signer, skill, "oms key", signer.key->hint());
  }
  for (const Signer& signer : signers) {
    if (signer.key && signer.key->hint() == bundle.hint)
      return denied(fmt::format("it says that {} signed it, and that is not so", signer.name));
  }
  if (bundle.raw_key && !bundle.raw_key->verify(bytes, bundle.signature))
    return denied("the signature is not for this statement");
  return Signature{
      State::stranger, {}, false, "oms key", bundle.raw_key ? bundle.raw_key->hint() : shown(bundle.hint)};
}

Result<Signature> check_minisig(const Skill& skill, std::string_view text,
                                const std::vector<Signer>& signers) {
  const std::string listing = skill.package.listing();
  for (const Signer& signer : signers) {
    if (!signer.minisign) continue;
    const auto comment = signer.minisign->verify(listing, text);
    if (comment) return good(signer, skill, "minisign", signer.minisign->id());
    if (comment.error().message != "it was signed with another key") return comment.error();
  }
  return Signature{State::stranger, {}, false, "minisign", "an unknown key"};
}

}  // namespace

Result<Signer> read_signer(std::string name, std::string_view text) {
  Signer signer;
  signer.name = std::move(name);
  if (text.find("PRIVATE KEY") != std::string_view::npos || MinisignSecret::looks_like(text))
    return bad_input("that is a private key: a signer is known by the public one");
  if (text.find("BEGIN CERTIFICATE") != std::string_view::npos) {
    WEIR_TRY_ASSIGN(authorities, Certificates::read(text));
    signer.authorities = std::move(authorities);
  } else if (text.find("BEGIN PUBLIC KEY") != std::string_view::npos) {
    WEIR_TRY_ASSIGN(key, EcKey::read_public(text));
    signer.key = std::move(key);
  } else {
    auto key = MinisignKey::read_public(text);
    if (!key) return bad_input("it is no PEM public key, certificate or minisign key");
    signer.minisign = std::move(*key);
  }
  return signer;
}

Result<Signature> check_signature(const Skill& skill, const std::vector<Signer>& signers,
                                  int64_t cert_wall_ms) {
  const auto bundle = skill.package.find(kBundleFile);
  const auto minisig = skill.package.find(kMinisigFile);
  Signature best;
  if (bundle) {
    WEIR_TRY_ASSIGN(found, check_bundle(skill, *bundle, signers, cert_wall_ms));
    best = std::move(found);
  }
  if (minisig) {
    WEIR_TRY_ASSIGN(found, check_minisig(skill, *minisig, signers));
    const auto rank = [](const Signature& each) {
      return static_cast<int>(each.state) * 2 + (each.trusted ? 1 : 0);
    };
    if (rank(found) > rank(best)) best = std::move(found);
  }
  return best;
}

}  // namespace weir::skill
