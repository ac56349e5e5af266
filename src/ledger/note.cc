#include "ledger/note.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <charconv>
#include <memory>

#include "base/limits.h"

namespace weir::ledger {
namespace {

constexpr std::string_view kSecretPrefix = "PRIVATE+KEY+";
constexpr std::string_view kDash = "\xE2\x80\x94 ";  // U+2014 and a space
constexpr char kEd25519 = '\1';
constexpr size_t kKeyBytes = 32;
constexpr size_t kSignatureBytes = 64;
constexpr size_t kKeyFileBytesMax = 4096;

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

uint32_t big_endian_32(std::string_view four) {
  uint32_t out = 0;
  for (const char c : four.substr(0, 4)) out = out << 8 | static_cast<uint8_t>(c);
  return out;
}

uint32_t key_id(std::string_view name, std::string_view public_key) {
  const Digest digest = sha256({name, "\n\1", public_key});
  return big_endian_32(as_bytes(digest));
}

std::string id_hex(uint32_t id) {
  return fmt::format("{:08x}", id);
}

std::string id_bytes(uint32_t id) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(id >> shift & 0xFF);
  return out;
}

struct KeyText {
  std::string name;
  uint32_t id;
  std::string material;  // 32 bytes
};

// "name+hex(id)+base64(0x01 ‖ 32 bytes)". The base64 part may hold "+"; a name and an id do not.
Result<KeyText> parse_key_text(std::string_view text) {
  const size_t first = text.find('+');
  const size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return bad_input("a key has the form name+id+key");
  const std::string_view name = text.substr(0, first);
  const std::string_view id = text.substr(first + 1, second - first - 1);
  if (!is_key_name(name)) return bad_input("that is no name for a key");
  const auto raw_id = id.size() == 8 ? from_hex(id) : std::nullopt;
  if (!raw_id) return bad_input("the key's id is not eight hex digits");
  const std::string_view encoded = text.substr(second + 1);
  auto material = from_base64(encoded);
  if (!material || to_base64(*material) != encoded || material->size() != kKeyBytes + 1 ||
      (*material)[0] != kEd25519) {
    return bad_input("the key is not an Ed25519 key in base64");
  }
  KeyText out{std::string(name), big_endian_32(*raw_id), material->substr(1)};
  OPENSSL_cleanse(material->data(), material->size());
  return out;
}

bool has_bad_note_bytes(std::string_view bytes) {
  for (const char c : bytes) {
    if (static_cast<uint8_t>(c) < 0x20 && c != '\n') return true;
  }
  return !is_utf8(bytes);
}

Result<Signature> parse_signature_line(std::string_view line) {
  if (!line.starts_with(kDash)) return bad_input("a signature line must begin with an em dash");
  line.remove_prefix(kDash.size());
  const size_t space = line.find(' ');
  if (space == std::string_view::npos) return bad_input("a signature line needs a name and a signature");
  const std::string_view name = line.substr(0, space);
  const std::string_view encoded = line.substr(space + 1);
  const auto raw = from_base64(encoded);
  if (!is_key_name(name) || !raw || to_base64(*raw) != encoded || raw->size() <= 4) {
    return bad_input("a signature line is malformed");
  }
  return Signature{std::string(name), big_endian_32(*raw), raw->substr(4)};
}

}  // namespace

bool is_key_name(std::string_view name) {
  if (name.empty() || name.size() > 256 || !is_utf8(name)) return false;
  for (size_t at = 0; at < name.size();) {
    const char32_t c = next_utf8(name, at);
    // Unicode 15 White_Space and controls.
    const bool space = c <= 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
                       c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
    if (space || c == U'+') return false;
  }
  return true;
}

VerifierKey::VerifierKey(std::string name, std::string_view public_key)
    : name_(std::move(name)), public_key_(public_key), id_(key_id(name_, public_key)) {}

Result<VerifierKey> VerifierKey::parse(std::string_view vkey) {
  WEIR_TRY_ASSIGN(parts, parse_key_text(vkey));
  VerifierKey key(parts.name, parts.material);
  if (key.id() != parts.id || key.text() != vkey)
    return bad_input("the key's id does not fit its name and key");
  return key;
}

std::string VerifierKey::text() const {
  return name_ + "+" + id_hex(id_) + "+" + to_base64(kEd25519 + public_key_);
}

bool VerifierKey::verify(std::string_view message, std::string_view signature) const {
  if (signature.size() != kSignatureBytes) return false;
  const std::unique_ptr<EVP_PKEY, FreeKey> key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(public_key_), public_key_.size()));
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  return key && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                          message.size()) == 1;
}

void Key::Free::operator()(evp_pkey_st* key) const {
  EVP_PKEY_free(key);
}

Result<Key> Key::from_seed(std::string name, std::string_view seed) {
  Handle handle(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(seed), seed.size()));
  std::string public_key(kKeyBytes, '\0');
  size_t size = public_key.size();
  if (!handle ||
      EVP_PKEY_get_raw_public_key(handle.get(), reinterpret_cast<unsigned char*>(public_key.data()), &size) !=
          1 ||
      size != kKeyBytes) {
    return Error{Code::internal, "the cryptographic library made no Ed25519 key"};
  }
  return Key(VerifierKey(std::move(name), public_key), std::move(handle));
}

Result<Key> Key::parse(std::string_view skey) {
  if (!skey.starts_with(kSecretPrefix)) return bad_input("that is no private key of a signed note");
  WEIR_TRY_ASSIGN(parts, parse_key_text(skey.substr(kSecretPrefix.size())));
  auto key = from_seed(parts.name, parts.material);
  OPENSSL_cleanse(parts.material.data(), parts.material.size());
  if (key && key->verifier().id() != parts.id) return bad_input("the key's id does not fit its name and key");
  return key;
}

Result<Key> Key::load_or_create(Files& files, const std::string& path, std::string_view name,
                                Random& random) {
  if (!is_key_name(name)) return bad_input("that is no name for a key", std::string(name));
  auto stored = files.read(path, kKeyFileBytesMax);
  if (stored) {
    std::string_view text = *stored;
    if (text.ends_with('\n')) text.remove_suffix(1);
    auto key = parse(text);
    OPENSSL_cleanse(stored->data(), stored->size());
    if (!key) {
      Error error = key.error();
      error.where = path;
      error.hint = "restore the key file; without it the log cannot be continued";
      return error;
    }
    if (key->name() != name) {
      return bad_input("the key is for the log " + key->name() + ", not " + std::string(name), path);
    }
    return key;
  }
  if (stored.error().code != Code::not_found) return stored.error();

  std::string seed(kKeyBytes, '\0');
  random.fill({reinterpret_cast<uint8_t*>(seed.data()), seed.size()});
  WEIR_TRY_ASSIGN(key, from_seed(std::string(name), seed));
  std::string text = std::string(kSecretPrefix) + std::string(name) + "+" + id_hex(key.verifier().id()) +
                     "+" + to_base64(kEd25519 + seed) + "\n";
  OPENSSL_cleanse(seed.data(), seed.size());
  // Written beside and renamed: a crash leaves no half key that would have to be told from a damaged one.
  const std::string temporary = path + ".tmp";
  if (Status removed = files.remove(temporary); !removed && removed.error().code != Code::not_found) {
    return removed.error();
  }
  WEIR_TRY_ASSIGN(file, files.open(temporary, OpenMode::create_secret));
  WEIR_TRY(file->write_at(0, text));
  OPENSSL_cleanse(text.data(), text.size());
  WEIR_TRY(file->sync());
  WEIR_TRY(files.rename(temporary, path));
  WEIR_TRY(files.sync_dir(parent_path(path)));
  return key;
}

Result<std::string> Key::sign_note(std::string_view text) const {
  if (!text.ends_with('\n') || has_bad_note_bytes(text)) return bad_input("that text cannot be a note");
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  std::string signature(kSignatureBytes, '\0');
  size_t size = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, handle_.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes_of(text),
                     text.size()) != 1) {
    return Error{Code::internal, "the cryptographic library did not sign"};
  }
  return std::string(text) + "\n" + std::string(kDash) + name() + " " +
         to_base64(id_bytes(verifier_.id()) + signature) + "\n";
}

Result<SignedNote> parse_note(std::string_view bytes) {
  if (bytes.size() > limits::kNoteBytesMax) return too_large("the note is too long");
  if (has_bad_note_bytes(bytes)) return bad_input("a note must be UTF-8 without control characters");
  const size_t blank = bytes.rfind("\n\n");
  if (blank == std::string_view::npos || !bytes.ends_with('\n'))
    return bad_input("the note has no signatures");
  SignedNote note;
  note.text = bytes.substr(0, blank + 1);
  std::string_view lines = bytes.substr(blank + 2);
  while (!lines.empty()) {
    const size_t end = lines.find('\n');
    WEIR_TRY_ASSIGN(signature, parse_signature_line(lines.substr(0, end)));
    if (note.signatures.size() == limits::kNoteSignaturesMax)
      return too_large("the note has too many signatures");
    note.signatures.push_back(std::move(signature));
    lines.remove_prefix(end + 1);
  }
  if (note.signatures.empty()) return bad_input("the note has no signatures");
  return note;
}

Status verify_note(const SignedNote& note, const VerifierKey& key) {
  int found = 0;
  for (const Signature& signature : note.signatures) {
    if (signature.name != key.name() || signature.id != key.id()) continue;
    if (!key.verify(note.text, signature.bytes))
      return bad_input("the signature of " + key.name() + " is wrong");
    ++found;
  }
  if (found == 0) return bad_input("the note is not signed by " + key.text());
  if (found > 1) return bad_input("the note is signed twice by the same key");
  return {};
}

Result<uint64_t> parse_decimal(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || (text.size() > 1 && text[0] == '0')) {
    return bad_input("expected a decimal number without leading zeroes");
  }
  return value;
}

std::string Checkpoint::text() const {
  return origin + "\n" + std::to_string(size) + "\n" + to_base64(as_bytes(root)) + "\n";
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  const size_t first = text.find('\n');
  const size_t second = first == std::string_view::npos ? first : text.find('\n', first + 1);
  const size_t third = second == std::string_view::npos ? second : text.find('\n', second + 1);
  if (third == std::string_view::npos || third + 1 != text.size() || first == 0) {
    return bad_input("a checkpoint has three lines: origin, size, root");
  }
  Checkpoint out;
  out.origin = text.substr(0, first);
  WEIR_TRY_ASSIGN(size, parse_decimal(text.substr(first + 1, second - first - 1)));
  out.size = size;
  const std::string_view encoded = text.substr(second + 1, third - second - 1);
  const auto root = from_base64(encoded);
  if (!root || root->size() != out.root.size() || to_base64(*root) != encoded) {
    return bad_input("the checkpoint's root is not 32 bytes in base64");
  }
  std::copy(root->begin(), root->end(), out.root.begin());
  return out;
}

Result<Checkpoint> open_checkpoint(std::string_view bytes, const VerifierKey& key) {
  WEIR_TRY_ASSIGN(note, parse_note(bytes));
  WEIR_TRY(verify_note(note, key));
  WEIR_TRY_ASSIGN(checkpoint, parse_checkpoint(note.text));
  if (checkpoint.origin != key.name()) return bad_input("the checkpoint is of the log " + checkpoint.origin);
  return checkpoint;
}

}  // namespace weir::ledger
