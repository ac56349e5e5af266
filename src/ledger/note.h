// C2SP signed notes with Ed25519 keys, and the checkpoint that a transparency log signs as one
// (c2sp.org/signed-note, c2sp.org/tlog-checkpoint v1.0.0).
//
// Not done here: cosignatures of witnesses (c2sp.org/tlog-cosignature); their lines are parsed and ignored,
// as the format asks of unknown keys. Values; a Key may sign on one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "ledger/files.h"

struct evp_pkey_st;

namespace weir::ledger {

// A public key in its text form "name+hex(id)+base64(0x01 ‖ public key)".
class VerifierKey {
 public:
  // Strict: the id must be the hash of name and key.
  static Result<VerifierKey> parse(std::string_view vkey);
  VerifierKey(std::string name, std::string_view public_key);

  const std::string& name() const { return name_; }
  uint32_t id() const { return id_; }
  std::string text() const;
  bool verify(std::string_view message, std::string_view signature) const;

 private:
  std::string name_;
  std::string public_key_;  // 32 bytes
  uint32_t id_ = 0;
};

// The log's private key. Its text form "PRIVATE+KEY+name+hex(id)+base64(0x01 ‖ seed)" is only ever written
// to its own file.
class Key {
 public:
  static Result<Key> parse(std::string_view skey);
  // Reads the key file, or makes a key and writes it (mode 0600, synced) if the file is not there. The name
  // must be the one in the file. Its directory must exist.
  static Result<Key> load_or_create(Files& files, const std::string& path, std::string_view name,
                                    Random& random);

  const VerifierKey& verifier() const { return verifier_; }
  std::string vkey() const { return verifier_.text(); }
  const std::string& name() const { return verifier_.name(); }
  // The signed note of a text that ends in a newline.
  Result<std::string> sign_note(std::string_view text) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  using Handle = std::unique_ptr<evp_pkey_st, Free>;
  Key(VerifierKey verifier, Handle handle) : verifier_(std::move(verifier)), handle_(std::move(handle)) {}
  static Result<Key> from_seed(std::string name, std::string_view seed);

  VerifierKey verifier_;
  Handle handle_;
};

// A key name is valid when it is not empty, UTF-8, and has no space, control or "+".
bool is_key_name(std::string_view name);

struct Signature {
  std::string name;
  uint32_t id = 0;
  std::string bytes;
};

struct SignedNote {
  std::string text;  // with its final newline
  std::vector<Signature> signatures;
};

// At most kNoteBytesMax bytes and kNoteSignaturesMax signatures. Verifies nothing.
Result<SignedNote> parse_note(std::string_view bytes);
// Exactly one signature is of that key and it is right. Lines of other keys are ignored.
Status verify_note(const SignedNote& note, const VerifierKey& key);

// A tree head. The text form is "origin\nsize\nbase64(root)\n"; extension lines are refused.
struct Checkpoint {
  std::string origin;
  uint64_t size = 0;
  Digest root = {};

  std::string text() const;
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};
Result<Checkpoint> parse_checkpoint(std::string_view text);
// A signed checkpoint whose signature is the key's and whose origin is the key's name.
Result<Checkpoint> open_checkpoint(std::string_view note, const VerifierKey& key);

// ASCII decimal without leading zeroes.
Result<uint64_t> parse_decimal(std::string_view text);

}  // namespace weir::ledger
