#include "ledger/journal.h"

#include <optional>

#include "base/bytes.h"
#include "base/limits.h"
#include "ledger/tiles.h"

namespace weir::ledger {
namespace {

constexpr std::string_view kMagic = "weirlog1";
constexpr size_t kHeadBytes = kMagic.size() + 4;
constexpr size_t kBodyBytesMin = 12;

void append_big_endian(std::string& out, uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
}

uint64_t big_endian(std::string_view bytes) {
  uint64_t out = 0;
  for (const char c : bytes) out = out << 8 | static_cast<uint8_t>(c);
  return out;
}

struct Record {
  std::string_view body;
  size_t bytes = 0;  // of the whole record
};

// The record at the start of `bytes`, if it is whole.
std::optional<Record> whole_record(std::string_view bytes) {
  if (bytes.size() < kHeadBytes || !bytes.starts_with(kMagic)) return std::nullopt;
  const uint64_t body_bytes = big_endian(bytes.substr(kMagic.size(), 4));
  if (body_bytes < kBodyBytesMin || body_bytes > bytes.size() - kHeadBytes) return std::nullopt;
  const size_t hashed = kHeadBytes + body_bytes;
  if (bytes.size() - hashed < sizeof(Digest)) return std::nullopt;
  const Digest digest = sha256(bytes.substr(0, hashed));
  if (bytes.substr(hashed, sizeof(Digest)) != as_bytes(digest)) return std::nullopt;
  return Record{bytes.substr(kHeadBytes, body_bytes), hashed + sizeof(Digest)};
}

Result<Batch> decode_body(std::string_view body) {
  Batch batch;
  batch.first = big_endian(body.substr(0, 8));
  const uint64_t count = big_endian(body.substr(8, 4));
  body.remove_prefix(kBodyBytesMin);
  if (count == 0 || count > limits::kLedgerBatchEntriesMax || batch.first > UINT64_MAX / 2) {
    return bad_input("a journal record has an impossible count", "journal");
  }
  for (uint64_t i = 0; i < count; ++i) {
    const size_t size = body.size() < 2 ? 0 : big_endian(body.substr(0, 2));
    if (body.size() < 2 + size) return bad_input("a journal record is malformed", "journal");
    batch.entries.emplace_back(body.substr(2, size));
    body.remove_prefix(2 + size);
  }
  batch.checkpoint = body;
  return batch;
}

// A whole record behind `bytes`' start that brings entries past `size`. Hashing is bounded: each candidate
// is hashed only if its claimed first index would make it one, and candidates begin with the magic.
bool later_record(std::string_view bytes, uint64_t size) {
  size_t hashed = 0;
  for (size_t at = bytes.find(kMagic); at != std::string_view::npos; at = bytes.find(kMagic, at + 1)) {
    const std::string_view rest = bytes.substr(at);
    if (rest.size() < kHeadBytes + kBodyBytesMin) return false;
    const uint64_t length = big_endian(rest.substr(kMagic.size(), 4));
    const uint64_t first = big_endian(rest.substr(kHeadBytes, 8));
    const uint64_t count = big_endian(rest.substr(kHeadBytes + 8, 4));
    if (first > UINT64_MAX / 2 || first + count <= size) continue;
    hashed += std::min<uint64_t>(length, rest.size());
    if (hashed > 8 * limits::kLedgerJournalBytesMax) return true;  // nothing a crash leaves looks like this
    if (whole_record(rest)) return true;
  }
  return false;
}

}  // namespace

std::string encode_batch(uint64_t first, const std::vector<std::string>& entries,
                         std::string_view checkpoint) {
  std::string body;
  append_big_endian(body, first, 8);
  append_big_endian(body, entries.size(), 4);
  for (const std::string& entry : entries) append_bundled(body, entry);
  body += checkpoint;
  std::string out(kMagic);
  append_big_endian(out, body.size(), 4);
  out += body;
  const Digest digest = sha256(out);
  out += as_bytes(digest);
  return out;
}

Result<JournalContents> decode_journal(std::string_view bytes, uint64_t from) {
  JournalContents out;
  uint64_t size = from;
  while (true) {
    const auto record = whole_record(bytes);
    if (!record) break;
    WEIR_TRY_ASSIGN(batch, decode_body(record->body));
    const uint64_t end = batch.first + batch.entries.size();
    const bool stale = end <= size && out.batches.empty();
    // A record left over from before the last publishing: what follows it is as old.
    if (end <= size && !out.batches.empty()) break;
    if (!stale && batch.first != size) {
      return bad_input("the journal goes on at entry " + std::to_string(batch.first) + " where entry " +
                           std::to_string(size) + " is next",
                       "journal");
    }
    if (!stale) {
      size = end;
      out.batches.push_back(std::move(batch));
    }
    bytes.remove_prefix(record->bytes);
  }
  if (later_record(bytes, size)) {
    return bad_input("a damaged record in the journal is followed by a whole one: it was edited", "journal");
  }
  out.unfinished_tail = bytes.find_first_not_of('\0') != std::string_view::npos;
  return out;
}

}  // namespace weir::ledger
