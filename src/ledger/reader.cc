#include "ledger/reader.h"

#include <algorithm>

#include "base/limits.h"

namespace weir::ledger {
namespace {

constexpr std::string_view kProofHeader = "c2sp.org/tlog-proof@v1\n";
constexpr size_t kBundleBytesMax = kTileWidth * (limits::kLedgerEntryBytesMax + 2);
constexpr size_t kProofHashesMax = 64;

Error at(Error error, const std::string& where) {
  error.where = where;
  return error;
}

}  // namespace

Result<Reader> Reader::open(Files& files, std::string dir, const VerifierKey& key) {
  Reader reader(files, std::move(dir));
  const std::string path = reader.dir_ + "/checkpoint";
  WEIR_TRY_ASSIGN(note, files.read(path, limits::kNoteBytesMax));
  auto checkpoint = open_checkpoint(note, key);
  if (!checkpoint) return at(checkpoint.error(), path);
  reader.checkpoint_ = std::move(*checkpoint);
  reader.note_ = std::move(note);
  return reader;
}

// A partial tile may give way to the full one at any time; then the full one begins with it.
Result<std::vector<Digest>> Reader::tile(int level, uint64_t index) const {
  const auto name = tile_in_tree(level, index, checkpoint_.size);
  if (!name) return Error{Code::not_found, "the log is not that long"};
  std::string path = dir_ + "/" + name->path();
  auto bytes = files_->read(path, kTileWidth * sizeof(Digest));
  unsigned width = name->width;
  if (!bytes && bytes.error().code == Code::not_found && width < kTileWidth) {
    path = dir_ + "/" + TileName{level, index}.path();
    bytes = files_->read(path, kTileWidth * sizeof(Digest));
    width = kTileWidth;
  }
  if (!bytes) return bytes.error();
  auto hashes = parse_tile(*bytes, width);
  if (!hashes) return at(hashes.error(), path);
  hashes->resize(name->width);
  return hashes;
}

Result<std::vector<std::string>> Reader::bundle(uint64_t index) const {
  const auto name = tile_in_tree(kEntriesLevel, index, checkpoint_.size);
  if (!name) return Error{Code::not_found, "the log is not that long"};
  std::string path = dir_ + "/" + name->path();
  auto bytes = files_->read(path, kBundleBytesMax);
  unsigned width = name->width;
  if (!bytes && bytes.error().code == Code::not_found && width < kTileWidth) {
    path = dir_ + "/" + TileName{kEntriesLevel, index}.path();
    bytes = files_->read(path, kBundleBytesMax);
    width = kTileWidth;
  }
  if (!bytes) return bytes.error();
  auto entries = parse_bundle(*bytes, width);
  if (!entries) return at(entries.error(), path);
  entries->resize(name->width);
  WEIR_TRY_ASSIGN(hashes, tile(0, index));
  for (size_t i = 0; i < entries->size(); ++i) {
    if (leaf_hash((*entries)[i]) == hashes[i]) continue;
    return bad_input(
        "entry " + std::to_string(index * kTileWidth + i) + " does not fit its hash: it was edited", path,
        "run weir log verify");
  }
  return entries;
}

Result<std::vector<std::string>> Reader::entries(uint64_t from, size_t n) const {
  std::vector<std::string> out;
  n = std::min(n, limits::kLedgerReadEntriesMax);
  while (out.size() < n && from < checkpoint_.size) {
    WEIR_TRY_ASSIGN(some, bundle(from / kTileWidth));
    for (size_t i = from % kTileWidth; i < some.size() && out.size() < n; ++i, ++from) {
      out.push_back(std::move(some[i]));
    }
  }
  return out;
}

Result<Digest> Reader::node(int height, uint64_t index) const {
  const int within = height % kTileHeight;
  const uint64_t first = index << within;  // at the tile's level
  WEIR_TRY_ASSIGN(hashes, tile(height / kTileHeight, first / kTileWidth));
  const size_t begin = first % kTileWidth;
  const size_t count = size_t{1} << within;
  if (hashes.size() < begin + count) return Error{Code::internal, "the tile is too short"};
  const auto start = hashes.begin() + static_cast<std::ptrdiff_t>(begin);
  return tile_root({start, start + static_cast<std::ptrdiff_t>(count)});
}

Result<std::string> Reader::proof(uint64_t index) const {
  if (index >= checkpoint_.size) {
    return Error{Code::not_found, "the log has no entry " + std::to_string(index)};
  }
  const NodeReader nodes = [this](int height, uint64_t i) { return node(height, i); };
  WEIR_TRY_ASSIGN(hashes, inclusion_proof(index, checkpoint_.size, nodes));
  WEIR_TRY_ASSIGN(leaf, node(0, index));
  if (!verify_inclusion(leaf, index, checkpoint_.size, hashes, checkpoint_.root)) {
    return bad_input("the log's tiles do not fit its checkpoint: they were edited", dir_,
                     "run weir log verify");
  }
  std::string out(kProofHeader);
  out += "index " + std::to_string(index) + "\n";
  for (const Digest& hash : hashes) out += to_base64(as_bytes(hash)) + "\n";
  return out + "\n" + note_;
}

Result<std::vector<Digest>> Reader::consistency(uint64_t old_size) const {
  if (old_size > checkpoint_.size) return Error{Code::not_found, "the log is not that long"};
  return consistency_proof(old_size, checkpoint_.size,
                           [this](int height, uint64_t i) { return node(height, i); });
}

Result<Edge> Reader::edge() const {
  std::vector<std::vector<Digest>> levels;
  for (uint64_t hashes = checkpoint_.size; hashes > 0; hashes >>= kTileHeight) {
    levels.emplace_back();
    if (hashes % kTileWidth == 0) continue;
    WEIR_TRY_ASSIGN(partial, tile(static_cast<int>(levels.size()) - 1, hashes / kTileWidth));
    levels.back() = std::move(partial);
  }
  Edge edge = Edge::restore(std::move(levels));
  if (edge.size() != checkpoint_.size || edge.root() != checkpoint_.root) {
    return bad_input("the log's tiles do not fit its checkpoint: they were edited", dir_,
                     "run weir log verify");
  }
  return edge;
}

Result<VerifiedProof> verify_proof(std::string_view proof, std::string_view entry, const VerifierKey& key) {
  if (proof.size() > limits::kLedgerProofBytesMax) return too_large("the proof is too long");
  if (!proof.starts_with(kProofHeader)) return bad_input("that is no c2sp.org/tlog-proof@v1 file", "line 1");
  std::string_view rest = proof.substr(kProofHeader.size());
  const auto next_line = [&rest]() -> std::optional<std::string_view> {
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return line;
  };
  auto line = next_line();
  if (line && line->starts_with("extra ")) {  // not authenticated: checked for its form, otherwise ignored
    if (!from_base64(line->substr(6))) return bad_input("the extra data is not base64", "line 2");
    line = next_line();
  }
  if (!line || !line->starts_with("index ")) return bad_input("the proof names no index", "line 2");
  WEIR_TRY_ASSIGN(index, parse_decimal(line->substr(6)));
  std::vector<Digest> hashes;
  for (line = next_line(); line && !line->empty(); line = next_line()) {
    const auto raw = from_base64(*line);
    Digest hash;
    if (hashes.size() == kProofHashesMax || !raw || raw->size() != hash.size() || to_base64(*raw) != *line) {
      return bad_input("the proof has a line that is no hash", "hash " + std::to_string(hashes.size() + 1));
    }
    std::copy(raw->begin(), raw->end(), hash.begin());
    hashes.push_back(hash);
  }
  if (!line) return bad_input("the proof has no checkpoint");
  WEIR_TRY_ASSIGN(checkpoint, open_checkpoint(rest, key));
  if (!verify_inclusion(leaf_hash(entry), index, checkpoint.size, hashes, checkpoint.root)) {
    return Error{Code::denied, "the proof does not show that entry at index " + std::to_string(index)};
  }
  return VerifiedProof{index, std::move(checkpoint)};
}

}  // namespace weir::ledger
