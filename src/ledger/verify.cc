#include "ledger/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/limits.h"
#include "ledger/note.h"

namespace weir::ledger {
namespace {

constexpr size_t kWidth = 256;
constexpr size_t kHashBytes = 32;
constexpr size_t kFileBytesMax = kWidth * (limits::kLedgerEntryBytesMax + 2);
constexpr int kDirDepthMax = 12;
constexpr int kAttemptsMax = 20;  // under an active writer

Digest hash_entry(std::string_view entry) {
  return sha256({std::string_view("\0", 1), entry});
}
Digest hash_pair(const Digest& a, const Digest& b) {
  return sha256({"\x01", as_bytes(a), as_bytes(b)});
}

// The Merkle root of whole subtrees, by the definition: pairs, level by level. `hashes` has a power of two.
Digest balanced_root(std::vector<Digest> hashes) {
  while (hashes.size() > 1) {
    for (size_t i = 0; i < hashes.size() / 2; ++i) hashes[i] = hash_pair(hashes[2 * i], hashes[2 * i + 1]);
    hashes.resize(hashes.size() / 2);
  }
  return hashes[0];
}

// Roots of the full subtrees by height: bit h of the size says whether there is one.
class Tree {
 public:
  void add(Digest hash) {
    size_t height = 0;
    for (; (size_ >> height & 1) != 0; ++height) hash = hash_pair(roots_[height], hash);
    if (height == roots_.size()) roots_.emplace_back();
    roots_[height] = hash;
    ++size_;
  }
  Digest root() const {
    std::optional<Digest> out;
    for (size_t height = 0; height < roots_.size(); ++height) {
      if ((size_ >> height & 1) == 0) continue;
      out = out ? hash_pair(roots_[height], *out) : roots_[height];
    }
    return out ? *out : sha256("");
  }
  uint64_t size() const { return size_; }

 private:
  std::vector<Digest> roots_;
  uint64_t size_ = 0;
};

std::string name_of(std::string_view level, uint64_t index) {
  std::string digits = std::to_string(index);
  while (digits.size() % 3 != 0) digits.insert(0, 1, '0');
  std::string out = fmt::format("tile/{}/", level);
  for (size_t i = 0; i < digits.size(); i += 3) {
    if (i + 3 < digits.size()) {
      out += "x" + digits.substr(i, 3) + "/";
    } else {
      out += digits.substr(i, 3);
    }
  }
  return out;
}

struct Record {
  uint64_t first = 0;
  std::vector<std::string> entries;
  std::string note;
};

uint64_t number_at(std::string_view bytes, size_t at, size_t count) {
  uint64_t out = 0;
  for (size_t i = 0; i < count; ++i) out = out * 256 + static_cast<uint8_t>(bytes[at + i]);
  return out;
}

// The record at `at`, which moves behind it; nothing if there is no whole one.
std::optional<Record> read_record(std::string_view journal, size_t& at) {
  const std::string_view rest = journal.substr(at);
  if (rest.size() < 12 + 12 + kHashBytes || rest.substr(0, 8) != "weirlog1") return std::nullopt;
  const size_t body = number_at(rest, 8, 4);
  if (body < 12 || body > rest.size() - 12 - kHashBytes) return std::nullopt;
  const Digest digest = sha256(rest.substr(0, 12 + body));
  if (rest.substr(12 + body, kHashBytes) != as_bytes(digest)) return std::nullopt;
  Record record;
  record.first = number_at(rest, 12, 8);
  const size_t count = number_at(rest, 20, 4);
  size_t pos = 24;
  const size_t end = 12 + body;
  for (size_t i = 0; i < count; ++i) {
    if (end - pos < 2) return std::nullopt;
    const size_t size = number_at(rest, pos, 2);
    if (end - pos - 2 < size) return std::nullopt;
    record.entries.emplace_back(rest.substr(pos + 2, size));
    pos += 2 + size;
  }
  record.note = rest.substr(pos, end - pos);
  at += end + kHashBytes;
  return record;
}

class Audit {
 public:
  Audit(Files& files, const std::string& dir, const VerifierKey& key, bool after_crash,
        const std::optional<Checkpoint>& retained)
      : files_(files), dir_(dir), key_(key), after_crash_(after_crash), retained_(retained) {}

  Result<VerifyReport> run();
  // Of the last run: if they change, a writer is active.
  const std::string& checkpoint_bytes() const { return checkpoint_bytes_; }
  const std::string& journal_bytes() const { return journal_bytes_; }
  Status load();

 private:
  void problem(std::string where, std::string what) {
    if (report_.problems.size() < limits::kLedgerProblemsMax) {
      report_.problems.push_back({std::move(where), std::move(what)});
    }
  }
  Status list_tiles(const std::string& relative, int depth);
  bool read_checkpoint();
  void read_journal();
  Result<bool> load_bundle(uint64_t index, std::vector<std::string>& entries);
  Status check_files(std::string_view level, uint64_t index, const std::string& full, uint64_t published,
                     const std::vector<size_t>& ends);
  Status check_file(const std::string& path, std::string_view expected, bool required,
                    const std::vector<size_t>& ends, uint64_t first);
  Status add_bundle(uint64_t index, const std::vector<std::string>& entries);
  Status add_hash(size_t level, const Digest& hash);
  Status check_hash_tile(size_t level, uint64_t index, const std::vector<Digest>& hashes);
  void check_roots();
  Status walk();

  Files& files_;
  const std::string& dir_;
  const VerifierKey& key_;
  const bool after_crash_;
  const std::optional<Checkpoint>& retained_;

  VerifyReport report_;
  std::string checkpoint_bytes_;
  std::string journal_bytes_;
  Checkpoint published_;
  std::set<std::string> tiles_;              // files not yet accounted for
  std::map<uint64_t, Checkpoint> expected_;  // roots that the log itself claims, by size
  std::vector<std::string> unpublished_;     // entries of the journal
  std::vector<std::vector<Digest>> levels_;  // the unfinished tile of each level
  std::vector<uint64_t> level_tiles_;        // finished tiles of each level
  Tree tree_;
};

Status Audit::load() {
  // The journal first: a writer publishes a checkpoint before it empties the journal.
  auto journal = files_.read(dir_ + "/journal", limits::kLedgerJournalBytesMax);
  if (!journal && journal.error().code == Code::unavailable) return journal.error();
  auto checkpoint = files_.read(dir_ + "/checkpoint", limits::kNoteBytesMax);
  if (!checkpoint && checkpoint.error().code == Code::unavailable) return checkpoint.error();
  if (!journal) problem("journal", "is missing or too large");
  if (!checkpoint) problem("checkpoint", "is missing or too large");
  journal_bytes_ = journal ? std::move(*journal) : "";
  checkpoint_bytes_ = checkpoint ? std::move(*checkpoint) : "";
  return {};
}

bool Audit::read_checkpoint() {
  const auto checkpoint = open_checkpoint(checkpoint_bytes_, key_);
  if (!checkpoint) {
    problem("checkpoint", checkpoint.error().message);
    return false;
  }
  published_ = *checkpoint;
  report_.published_size = published_.size;
  report_.checkpoint = checkpoint_bytes_;
  expected_[published_.size] = published_;
  return true;
}

void Audit::read_journal() {
  size_t at = 0;
  uint64_t size = published_.size;
  bool fresh = false;
  while (auto record = read_record(journal_bytes_, at)) {
    const uint64_t end = record->first + record->entries.size();
    if (end <= size) {
      if (fresh) break;  // left over behind the newest
      continue;          // published already
    }
    fresh = true;
    const auto checkpoint = open_checkpoint(record->note, key_);
    if (record->first != size || !checkpoint || checkpoint->size != end) {
      problem("journal", fmt::format("the record of entry {} does not continue the log at entry {}",
                                     record->first, size));
      return;
    }
    for (std::string& entry : record->entries) unpublished_.push_back(std::move(entry));
    expected_[end] = *checkpoint;
    report_.checkpoint = record->note;
    size = end;
  }
  const size_t left = journal_bytes_.find_first_not_of('\0', at);
  if (left == std::string::npos) return;
  report_.unfinished_tail = true;
  // Behind a torn record nothing was written yet, except what is published.
  for (size_t p = journal_bytes_.find("weirlog1", at); p != std::string::npos;
       p = journal_bytes_.find("weirlog1", p + 1)) {
    size_t next = p;
    if (journal_bytes_.size() - p < 24) break;
    if (number_at(journal_bytes_, p + 12, 8) + number_at(journal_bytes_, p + 20, 4) <= size) continue;
    if (read_record(journal_bytes_, next)) {
      problem("journal", fmt::format("byte {}: a damaged record is followed by a whole one", left));
      return;
    }
  }
  if (!after_crash_) {
    problem("journal", fmt::format("byte {}: unfinished or edited record (if weir crashed: start it once, it "
                                   "recovers; then verify again)",
                                   left));
  }
}

Status Audit::list_tiles(const std::string& relative, int depth) {
  const auto entries = files_.list(dir_ + "/" + relative);
  if (!entries && entries.error().code == Code::not_found) return {};
  if (!entries) return entries.error();
  for (const DirEntry& entry : *entries) {
    const std::string path = relative + "/" + entry.name;
    if (!entry.directory) {
      tiles_.insert(path);
    } else if (depth >= kDirDepthMax) {
      problem(path, "is no part of a log");
    } else {
      WEIR_TRY(list_tiles(path, depth + 1));
    }
  }
  return {};
}

Status Audit::check_file(const std::string& path, std::string_view expected, bool required,
                         const std::vector<size_t>& ends, uint64_t first) {
  if (after_crash_ && !required) return {};
  const auto bytes = files_.read(dir_ + "/" + path, kFileBytesMax);
  if (!bytes && bytes.error().code == Code::unavailable) return bytes.error();
  // A writer may drop partial forms at any time, but for the one that its checkpoint needs.
  if (!bytes && bytes.error().code == Code::not_found && !required) return {};
  if (!bytes) {
    problem(path, bytes.error().code == Code::not_found ? "is missing" : "is too large");
    return {};
  }
  if (*bytes == expected) return {};
  const size_t differs = static_cast<size_t>(
      std::mismatch(bytes->begin(), bytes->end(), expected.begin(), expected.end()).first - bytes->begin());
  const auto position = std::upper_bound(ends.begin(), ends.end(), differs) - ends.begin();
  problem(path, fmt::format("byte {} (entry or hash {}): differs from what the entries give{}", differs,
                            first + static_cast<uint64_t>(position),
                            bytes->size() != expected.size() ? ", and so does the length" : ""));
  return {};
}

// Every form of one tile that is on disk, and the one that must be. `full`: all bytes known of it; `ends`:
// where each of its elements ends.
Status Audit::check_files(std::string_view level, uint64_t index, const std::string& full, uint64_t published,
                          const std::vector<size_t>& ends) {
  const std::string name = name_of(level, index);
  const uint64_t first = index * kWidth;
  const size_t required = published <= first ? 0 : std::min<uint64_t>(published - first, kWidth);
  const auto form = [&](size_t width) {
    return width == kWidth ? name : fmt::format("{}.p/{}", name, width);
  };
  if (required > 0 && !tiles_.contains(form(required))) problem(form(required), "is missing");
  const auto check = [&](size_t width) -> Status {
    const auto found = tiles_.find(form(width));
    if (found == tiles_.end()) return {};
    tiles_.erase(found);
    // The checkpoint does not cover it and the journal does: it may be half written right now.
    if (first + width > published) return {};
    return check_file(form(width), std::string_view(full).substr(0, ends[width - 1]), width == required, ends,
                      first);
  };
  // Partial forms are few: look only for those that are there.
  std::vector<size_t> widths;
  const std::string prefix = name + ".p/";
  for (auto it = tiles_.lower_bound(prefix); it != tiles_.end() && it->starts_with(prefix); ++it) {
    const auto width = parse_decimal(std::string_view(*it).substr(prefix.size()));
    if (width && *width > 0 && *width < kWidth && *width <= ends.size()) widths.push_back(*width);
  }
  for (const size_t width : widths) WEIR_TRY(check(width));
  if (ends.size() == kWidth) WEIR_TRY(check(kWidth));
  return {};
}

Status Audit::check_hash_tile(size_t level, uint64_t index, const std::vector<Digest>& hashes) {
  std::string bytes;
  std::vector<size_t> ends;
  for (const Digest& hash : hashes) {
    bytes += as_bytes(hash);
    ends.push_back(bytes.size());
  }
  const uint64_t published = level >= 8 ? 0 : published_.size >> (8 * level);
  return check_files(std::to_string(level), index, bytes, published, ends);
}

Status Audit::add_hash(size_t level, const Digest& hash) {
  if (level == levels_.size()) {
    levels_.emplace_back();
    level_tiles_.push_back(0);
  }
  levels_[level].push_back(hash);
  if (levels_[level].size() < kWidth) return {};
  WEIR_TRY(check_hash_tile(level, level_tiles_[level]++, levels_[level]));
  const Digest root = balanced_root(std::move(levels_[level]));
  levels_[level].clear();
  return add_hash(level + 1, root);  // at most 8 levels
}

void Audit::check_roots() {
  const uint64_t size = tree_.size();
  if (const auto claimed = expected_.find(size); claimed != expected_.end()) {
    if (tree_.root() != claimed->second.root) {
      problem(size == published_.size ? "checkpoint" : "journal",
              fmt::format("the entries do not give the root that was signed for {} entries", size));
    }
  }
  if (retained_ && retained_->size == size && tree_.root() != retained_->root) {
    problem("retained checkpoint",
            fmt::format("this is another log: its first {} entries differ (a fork)", size));
  }
}

Status Audit::add_bundle(uint64_t index, const std::vector<std::string>& entries) {
  std::string bytes;
  std::vector<size_t> ends;
  for (const std::string& entry : entries) {
    bytes += static_cast<char>(entry.size() / 256);
    bytes += static_cast<char>(entry.size() % 256);
    bytes += entry;
    ends.push_back(bytes.size());
  }
  WEIR_TRY(check_files("entries", index, bytes, published_.size, ends));
  for (const std::string& entry : entries) {
    const Digest hash = hash_entry(entry);
    tree_.add(hash);
    check_roots();
    WEIR_TRY(add_hash(0, hash));
  }
  return {};
}

// The entries of bundle `index` that the checkpoint covers. False: unusable, and said so.
Result<bool> Audit::load_bundle(uint64_t index, std::vector<std::string>& entries) {
  const uint64_t wanted = std::min<uint64_t>(published_.size - index * kWidth, kWidth);
  std::string path = name_of("entries", index);
  if (wanted < kWidth) path += fmt::format(".p/{}", wanted);
  const auto bytes = files_.read(dir_ + "/" + path, kFileBytesMax);
  if (!bytes && bytes.error().code == Code::unavailable) return bytes.error();
  if (!bytes) {
    problem(path, bytes.error().code == Code::not_found ? "is missing" : "is too large");
    return false;
  }
  size_t at = 0;
  for (uint64_t i = 0; i < wanted; ++i) {
    const size_t size = bytes->size() - at < 2 ? 0 : number_at(*bytes, at, 2);
    if (bytes->size() - at < 2 + size) {
      problem(path, fmt::format("ends within entry {}", index * kWidth + i));
      return false;
    }
    entries.push_back(bytes->substr(at + 2, size));
    at += 2 + size;
  }
  if (at == bytes->size()) return true;
  problem(path, fmt::format("has bytes behind entry {}", index * kWidth + wanted - 1));
  return false;
}

Status Audit::walk() {
  check_roots();  // of the empty log
  const uint64_t size = published_.size + unpublished_.size();
  for (uint64_t first = 0; first < size; first += kWidth) {
    std::vector<std::string> entries;
    if (first < published_.size) {
      WEIR_TRY_ASSIGN(usable, load_bundle(first / kWidth, entries));
      if (!usable) return {};
    }
    while (entries.size() < kWidth && first + entries.size() < size) {
      entries.push_back(std::move(unpublished_[first + entries.size() - published_.size]));
    }
    WEIR_TRY(add_bundle(first / kWidth, entries));
  }
  for (size_t level = 0; level < levels_.size(); ++level) {
    if (!levels_[level].empty()) WEIR_TRY(check_hash_tile(level, level_tiles_[level], levels_[level]));
  }
  if (retained_ && retained_->size > tree_.size()) {
    problem("retained checkpoint",
            fmt::format("the log had {} entries and now has {} (a rollback)", retained_->size, tree_.size()));
  }
  if (!after_crash_ && !tiles_.empty()) {
    const auto now = files_.read(dir_ + "/checkpoint", limits::kNoteBytesMax);
    if (!now || *now != checkpoint_bytes_) return {};  // an active writer made them
    for (const std::string& path : tiles_) problem(path, "is not part of this log");
  }
  return {};
}

Result<VerifyReport> Audit::run() {
  WEIR_TRY(load());
  if (read_checkpoint()) {
    read_journal();
    WEIR_TRY(list_tiles("tile", 0));
    WEIR_TRY(walk());
  }
  report_.size = tree_.size();
  report_.root = tree_.root();
  return report_;
}

}  // namespace

std::string VerifyReport::text() const {
  if (ok()) return fmt::format("{} entries verified, root {}\n", size, to_base64(as_bytes(root)));
  std::string out;
  for (const Problem& one : problems) out += shown(one.where, 512) + ": " + shown(one.what, 512) + "\n";
  return out;
}

Result<VerifyReport> verify_log(Files& files, const std::string& dir, std::string_view vkey,
                                const VerifyOptions& options) {
  WEIR_TRY_ASSIGN(key, VerifierKey::parse(vkey));
  std::optional<Checkpoint> retained;
  if (options.retained) {
    auto checkpoint = open_checkpoint(*options.retained, key);
    if (!checkpoint) {
      Error error = checkpoint.error();
      error.where = "retained checkpoint";
      return error;
    }
    retained = std::move(*checkpoint);
  }
  for (int attempt = 1;; ++attempt) {
    Audit audit(files, dir, key, options.after_crash, retained);
    WEIR_TRY_ASSIGN(report, audit.run());
    if (report.ok() || attempt == kAttemptsMax) return report;
    Audit again(files, dir, key, options.after_crash, retained);
    WEIR_TRY(again.load());
    if (again.checkpoint_bytes() == audit.checkpoint_bytes() &&
        again.journal_bytes() == audit.journal_bytes()) {
      return report;
    }
  }
}

}  // namespace weir::ledger
