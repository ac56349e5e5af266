#include "skill/oms.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <map>

#include "base/bytes.h"
#include "base/json.h"
#include "skill/limits.h"
#include "skill/text.h"

namespace weir::skill {
namespace {

constexpr std::string_view kMediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";
constexpr std::string_view kPayloadType = "application/vnd.in-toto+json";
constexpr std::string_view kStatementType = "https://in-toto.io/Statement/v1";
constexpr std::string_view kPredicateType = "https://model_signing/signature/v1.0";
constexpr std::string_view kLeftOut[] = {kBundleFile,      kMinisigFile, ".git",
                                         ".gitattributes", ".github",    ".gitignore"};

std::string blake2b(std::string_view bytes) {
  unsigned char out[64];
  unsigned int length = 0;
  EVP_Digest(bytes.data(), bytes.size(), out, &length, EVP_blake2b512(), nullptr);
  return std::string(reinterpret_cast<char*>(out), length);
}

std::string digest_of(std::string_view bytes, bool use_blake2b) {
  return use_blake2b ? blake2b(bytes) : std::string(as_bytes(sha256(bytes)));
}

Result<std::string> decoded(json::Value value, std::string_view where) {
  const auto text = value.string();
  auto bytes = text ? from_base64(*text) : std::nullopt;
  if (!bytes) return bad_input("expected base64", std::string(where));
  return std::move(*bytes);
}

Status read_material(json::Value material, Bundle& out) {
  const json::Value key = material["publicKey"];
  const json::Value chain = material["x509CertificateChain"];
  if (material["certificate"].exists())
    return unsupported("a signature of a keyless service", "/verificationMaterial/certificate",
                       "sign with a key or a certificate chain");
  if (key.exists() == chain.exists())
    return bad_input("expected either a publicKey or an x509CertificateChain", "/verificationMaterial");
  if (key.exists()) {
    out.hint = key["hint"].string_or("");
    if (!key["rawBytes"].exists()) return {};
    WEIR_TRY_ASSIGN(der, decoded(key["rawBytes"], "/verificationMaterial/publicKey/rawBytes"));
    // Released signers wrote PEM there.
    auto read = der.starts_with("-----BEGIN") ? EcKey::read_public(der) : EcKey::from_der(der);
    if (!read) return read.error();
    out.raw_key = std::move(*read);
    return {};
  }
  std::vector<std::string> ders;
  for (const json::Value each : chain["certificates"].elements()) {
    WEIR_TRY_ASSIGN(der, decoded(each["rawBytes"], "/verificationMaterial/x509CertificateChain"));
    ders.push_back(std::move(der));
    if (ders.size() > kCertificatesMax) break;
  }
  WEIR_TRY_ASSIGN(certificates, Certificates::from_der(ders));
  out.chain = std::move(certificates);
  return {};
}

Status read_serialization(json::Value how, Statement& out) {
  for (const json::Member& member : how.members()) {
    static constexpr std::string_view kKnown[] = {"method", "hash_type", "allow_symlinks", "ignore_paths"};
    if (std::find(std::begin(kKnown), std::end(kKnown), member.key) == std::end(kKnown))
      return unsupported(fmt::format("serialization has \"{}\"", shown(member.key)),
                         "/predicate/serialization");
  }
  if (how["method"].string_or("") != "files")
    return unsupported("a method other than \"files\"", "/predicate/serialization/method");
  const std::string_view hash = how["hash_type"].string_or("");
  out.blake2b = hash == "blake2b" || hash == "blake2b-512";
  if (!out.blake2b && hash != "sha256")
    return unsupported(fmt::format("files are hashed with \"{}\"", shown(hash)),
                       "/predicate/serialization/hash_type", "sha256 or blake2b");
  for (const json::Value each : how["ignore_paths"].elements()) {
    std::string_view path = each.string_or("?");
    if (path.starts_with("./")) path.remove_prefix(2);
    if (std::find(std::begin(kLeftOut), std::end(kLeftOut), path) == std::end(kLeftOut))
      return Error{Code::denied, fmt::format("it was signed so that nobody looks at \"{}\"", shown(path)),
                   "/predicate/serialization/ignore_paths", "sign it with every file"};
  }
  return {};
}

Status read_resources(json::Value resources, Statement& out, std::string& root) {
  if (!resources.is_array() || resources.size() > kFilesMax)
    return bad_input(fmt::format("expected a list of at most {} files", kFilesMax), "/predicate/resources");
  for (const json::Value each : resources.elements()) {
    std::string name(each["name"].string_or(""));
    WEIR_TRY(check_path(name));
    const std::string_view algorithm = each["algorithm"].string_or("");
    const bool right =
        out.blake2b ? algorithm == "blake2b" || algorithm == "blake2b-512" : algorithm == "sha256";
    const auto digest = from_hex(each["digest"].string_or(""));
    if (!right || !digest || digest->size() != (out.blake2b ? 64 : 32))
      return bad_input("expected a digest of the declared kind", "/predicate/resources", name);
    root += *digest;
    out.files.emplace_back(std::move(name), to_hex(*digest));
  }
  std::sort(out.files.begin(), out.files.end());
  const auto twice = std::adjacent_find(out.files.begin(), out.files.end(),
                                        [](const auto& a, const auto& b) { return a.first == b.first; });
  if (twice != out.files.end())
    return bad_input("it names a file twice", "/predicate/resources", twice->first);
  return {};
}

}  // namespace

std::string Bundle::signed_bytes() const {
  return fmt::format("DSSEv1 {} {} {} {}", kPayloadType.size(), kPayloadType, payload.size(), payload);
}

Result<Bundle> parse_bundle(std::string_view text) {
  if (text.size() > kBundleBytesMax)
    return too_large(fmt::format("more than {} bytes", kBundleBytesMax), std::string(kBundleFile));
  WEIR_TRY_ASSIGN(document, json::parse(std::string(text)));
  if (document["mediaType"].string_or("") != kMediaType)
    return unsupported("not a Sigstore bundle of version 0.3", "/mediaType");
  const json::Value envelope = document["dsseEnvelope"];
  if (!envelope.is_object()) return unsupported("a bundle without a DSSE envelope", "/dsseEnvelope");
  if (envelope["payloadType"].string_or("") != kPayloadType)
    return unsupported("a payload that is no in-toto statement", "/dsseEnvelope/payloadType");
  if (envelope["signatures"].size() != 1)
    return bad_input("expected one signature", "/dsseEnvelope/signatures");
  Bundle out;
  WEIR_TRY_ASSIGN(payload, decoded(envelope["payload"], "/dsseEnvelope/payload"));
  WEIR_TRY_ASSIGN(signature,
                  decoded(envelope.at_pointer("/signatures/0/sig"), "/dsseEnvelope/signatures/0/sig"));
  out.payload = std::move(payload);
  out.signature = std::move(signature);
  WEIR_TRY(read_material(document["verificationMaterial"], out));
  return out;
}

Result<Statement> parse_statement(std::string_view text) {
  WEIR_TRY_ASSIGN(document, json::parse(std::string(text)));
  if (document["_type"].string_or("") != kStatementType)
    return unsupported("not an in-toto statement of version 1", "/_type");
  if (document["predicateType"].string_or("") != kPredicateType)
    return unsupported("not a model signature of version 1.0", "/predicateType");
  const json::Value subjects = document["subject"];
  if (subjects.size() != 1) return bad_input("expected one subject", "/subject");
  Statement out;
  const json::Value subject = subjects.at_pointer("/0");
  out.subject = subject["name"].string_or("");
  WEIR_TRY(read_serialization(document.root().at_pointer("/predicate/serialization"), out));
  std::string root;
  WEIR_TRY(read_resources(document.root().at_pointer("/predicate/resources"), out, root));
  if (subject["digest"]["sha256"].string_or("") != to_hex(as_bytes(sha256(root))))
    return bad_input("the subject's digest is not that of the files", "/subject/0/digest/sha256");
  return out;
}

Status matches(const Statement& statement, const Package& package) {
  const auto denied = [](std::string_view path, std::string why) {
    return Error{Code::denied, std::move(why), std::string(path), "the signature is not for these files"};
  };
  auto named = statement.files.begin();
  for (const File& file : package.files()) {
    if (Package::is_signature(file.path)) continue;
    if (named != statement.files.end() && named->first < file.path)
      return denied(named->first, "the signature names a file that is not there");
    if (named == statement.files.end() || named->first != file.path)
      return denied(file.path, "a file that the signature does not name");
    if (to_hex(digest_of(file.bytes, statement.blake2b)) != named->second)
      return denied(file.path, "a file that was changed after it was signed");
    ++named;
  }
  if (named != statement.files.end())
    return denied(named->first, "the signature names a file that is not there");
  return {};
}

namespace {

std::string statement_text(const Package& package, std::string_view subject) {
  std::string root;
  json::Writer resources;
  resources.begin_array();
  for (const File& file : package.files()) {
    if (Package::is_signature(file.path)) continue;
    const Digest digest = sha256(file.bytes);
    root += as_bytes(digest);
    resources.begin_object()
        .field("digest", to_hex(as_bytes(digest)))
        .field("algorithm", "sha256")
        .field("name", file.path)
        .end_object();
  }
  resources.end_array();
  json::Writer out;
  out.begin_object()
      .field("_type", kStatementType)
      .key("subject")
      .begin_array()
      .begin_object()
      .field("name", subject)
      .key("digest")
      .begin_object();
  out.field("sha256", to_hex(as_bytes(sha256(root)))).end_object().end_object().end_array();
  out.field("predicateType", kPredicateType)
      .key("predicate")
      .begin_object()
      .key("serialization")
      .begin_object();
  out.field("method", "files")
      .field("hash_type", "sha256")
      .key("allow_symlinks")
      .boolean(false)
      .key("ignore_paths")
      .begin_array();
  for (const std::string_view path : kLeftOut) out.string(path);
  out.end_array().end_object().key("resources").raw(resources.text()).end_object().end_object();
  return out.take();
}

}  // namespace

Result<std::string> sign_bundle(const Package& package, std::string_view subject, const EcKey& key,
                                const Certificates* chain) {
  Bundle bundle;
  bundle.payload = statement_text(package, subject);
  WEIR_TRY_ASSIGN(signature, key.sign(bundle.signed_bytes()));
  json::Writer out;
  out.begin_object().field("mediaType", kMediaType).key("verificationMaterial").begin_object();
  if (chain != nullptr) {
    WEIR_TRY_ASSIGN(leaf, chain->leaf_key());
    if (!leaf.same_public_key(key)) return bad_input("the first certificate is not for this key");
    out.key("x509CertificateChain").begin_object().key("certificates").begin_array();
    for (const std::string& der : chain->ders())
      out.begin_object().field("rawBytes", to_base64(der)).end_object();
    out.end_array().end_object();
  } else {
    out.key("publicKey").begin_object().field("hint", key.hint()).end_object();
  }
  out.key("tlogEntries").begin_array().end_array().end_object().key("dsseEnvelope").begin_object();
  out.field("payload", to_base64(bundle.payload))
      .field("payloadType", kPayloadType)
      .key("signatures")
      .begin_array();
  out.begin_object()
      .field("sig", to_base64(signature))
      .field("keyid", "")
      .end_object()
      .end_array()
      .end_object();
  return out.end_object().take() + "\n";
}

}  // namespace weir::skill
