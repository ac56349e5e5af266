#include "skill/minisign.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "skill/limits.h"

namespace weir::skill {
namespace {

constexpr size_t kIdBytes = 8;
constexpr size_t kKeyBytes = 32;
constexpr size_t kSignatureBytes = 64;
// Algorithm, key derivation and checksum (2 bytes each), salt 32, two limits of 8; then id, key and checksum.
constexpr size_t kSecretHeaderBytes = 54;
constexpr size_t kSecretBytes = kSecretHeaderBytes + kIdBytes + 64 + 32;
constexpr std::string_view kUntrusted = "untrusted comment: ";
constexpr std::string_view kTrusted = "trusted comment: ";

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string blake2b(std::string_view bytes) {
  unsigned char out[64];
  unsigned int length = 0;
  EVP_Digest(bytes.data(), bytes.size(), out, &length, EVP_blake2b512(), nullptr);
  return std::string(reinterpret_cast<char*>(out), length);
}

bool ed25519_verify(std::string_view key, std::string_view message, std::string_view signature) {
  const std::unique_ptr<EVP_PKEY, FreeKey> handle(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(key), key.size()));
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  return handle != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, handle.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                          message.size()) == 1;
}

Result<std::string> ed25519_sign(std::string_view seed, std::string_view message) {
  const std::unique_ptr<EVP_PKEY, FreeKey> handle(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(seed), seed.size()));
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  std::string out(kSignatureBytes, '\0');
  size_t length = out.size();
  if (handle == nullptr || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, handle.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &length, bytes_of(message),
                     message.size()) != 1)
    return Error{Code::internal, "the key cannot sign", {}, {}};
  return out;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty() && lines.size() < 8) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// The base64 of a key file: its second line, or the only one.
std::string_view key_line(std::string_view text) {
  const auto lines = lines_of(text);
  if (lines.size() == 1) return lines[0];
  return lines.size() == 2 && lines[0].starts_with(kUntrusted) ? lines[1] : std::string_view();
}

}  // namespace

bool MinisignKey::looks_like(std::string_view text) {
  const auto bytes = from_base64(key_line(text));
  return bytes && bytes->size() == 2 + kIdBytes + kKeyBytes;
}

Result<MinisignKey> MinisignKey::read_public(std::string_view text) {
  const auto bytes = from_base64(key_line(text));
  if (!bytes || bytes->size() != 2 + kIdBytes + kKeyBytes || !bytes->starts_with("Ed"))
    return bad_input("it is no minisign public key");
  MinisignKey key;
  key.id_ = bytes->substr(2, kIdBytes);
  key.key_ = bytes->substr(2 + kIdBytes);
  return key;
}

std::string MinisignKey::id() const {
  std::string out;
  for (size_t i = id_.size(); i-- > 0;) out += fmt::format("{:02X}", static_cast<uint8_t>(id_[i]));
  return out;
}

Result<std::string> MinisignKey::verify(std::string_view message, std::string_view minisig) const {
  const auto lines = lines_of(minisig);
  if (lines.size() != 4 || !lines[0].starts_with(kUntrusted) || !lines[2].starts_with(kTrusted))
    return bad_input("it is no minisign signature");
  const auto signature = from_base64(lines[1]);
  const auto global = from_base64(lines[3]);
  if (!signature || signature->size() != 2 + kIdBytes + kSignatureBytes || !global ||
      global->size() != kSignatureBytes)
    return bad_input("it is no minisign signature");
  const bool hashed = signature->starts_with("ED");
  if (!hashed && !signature->starts_with("Ed")) return unsupported("a minisign signature of an unknown kind");
  if (signature->substr(2, kIdBytes) != id_)
    return Error{Code::denied, "it was signed with another key", {}, {}};
  const std::string bytes = signature->substr(2 + kIdBytes);
  if (!ed25519_verify(key_, hashed ? blake2b(message) : std::string(message), bytes))
    return Error{Code::denied, "the minisign signature is not for these files", {}, {}};
  const std::string_view comment = lines[2].substr(kTrusted.size());
  if (!ed25519_verify(key_, bytes + std::string(comment), *global))
    return Error{Code::denied, "the signature's trusted comment was changed", {}, {}};
  return std::string(comment);
}

bool MinisignSecret::looks_like(std::string_view text) {
  const auto bytes = from_base64(key_line(text));
  return bytes && bytes->size() == kSecretBytes;
}

Result<MinisignSecret> MinisignSecret::read(std::string_view text) {
  const auto bytes = from_base64(key_line(text));
  if (!bytes || bytes->size() != kSecretBytes || !bytes->starts_with("Ed"))
    return bad_input("it is no minisign secret key");
  if (bytes->substr(2, 2) != std::string_view("\0\0", 2))
    return unsupported("the minisign key is locked with a password", {},
                       "sign the listing with minisign itself: weir skill listing DIR");
  MinisignSecret secret;
  secret.public_.id_ = bytes->substr(kSecretHeaderBytes, kIdBytes);
  secret.seed_ = bytes->substr(kSecretHeaderBytes + kIdBytes, kKeyBytes);
  secret.public_.key_ = bytes->substr(kSecretHeaderBytes + kIdBytes + kKeyBytes, kKeyBytes);
  WEIR_TRY_ASSIGN(probe, ed25519_sign(secret.seed_, "weir"));
  if (!ed25519_verify(secret.public_.key_, "weir", probe))
    return bad_input("the minisign secret key is damaged");
  return secret;
}

Result<std::string> MinisignSecret::sign(std::string_view message, std::string_view trusted_comment) const {
  WEIR_TRY_ASSIGN(signature, ed25519_sign(seed_, blake2b(message)));
  WEIR_TRY_ASSIGN(global, ed25519_sign(seed_, signature + std::string(trusted_comment)));
  return fmt::format("{}signature of a skill\n{}\n{}{}\n{}\n", kUntrusted,
                     to_base64("ED" + public_.id_ + signature), kTrusted, trusted_comment, to_base64(global));
}

}  // namespace weir::skill
