#include "store/store.h"

#include <fcntl.h>
#include <unistd.h>

#include <cassert>
#include <unordered_map>

#include "base/limits.h"
#include "store/limits.h"
#include "store/query.h"

namespace weir {
namespace {

constexpr int kVersion = 4;
constexpr int kBusyTimeoutMs = 5'000;

// A later version appends a step; a released step never changes.
constexpr const char* kMigrations[kVersion] = {R"sql(
CREATE TABLE grants (id TEXT PRIMARY KEY, json TEXT NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE tickets (id TEXT PRIMARY KEY, value BLOB NOT NULL, expires INTEGER NOT NULL,
                      taken INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE shadow (seq INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL);
CREATE TABLE labels (id INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE);
CREATE TABLE emitted (seq INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL UNIQUE,
                      label INTEGER NOT NULL REFERENCES labels(id));
CREATE TABLE sessions (id TEXT PRIMARY KEY, json TEXT NOT NULL, touched INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX sessions_touched ON sessions(touched);
CREATE TABLE trace (seq INTEGER PRIMARY KEY, hash INTEGER NOT NULL, flags INTEGER NOT NULL,
                    label INTEGER NOT NULL REFERENCES labels(id));
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counters VALUES ('shadow_bytes', 0);
CREATE TABLE details (entry INTEGER PRIMARY KEY, json TEXT NOT NULL);
CREATE TABLE places (place TEXT PRIMARY KEY, label INTEGER NOT NULL REFERENCES labels(id)) WITHOUT ROWID;
)sql",
                                               R"sql(
CREATE TABLE pins (server TEXT NOT NULL, tool TEXT NOT NULL, state INTEGER NOT NULL, accepted TEXT NOT NULL,
                   seen TEXT NOT NULL, findings TEXT NOT NULL, PRIMARY KEY (server, tool)) WITHOUT ROWID;
INSERT INTO counters VALUES ('pins', 0);
)sql",
                                               R"sql(
CREATE TABLE arrivals (seq INTEGER PRIMARY KEY AUTOINCREMENT, session TEXT NOT NULL, key BLOB NOT NULL,
                       json TEXT NOT NULL, UNIQUE (session, key));
)sql",
                                               R"sql(
CREATE TABLE responses (seq INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, id TEXT NOT NULL,
                        previous TEXT NOT NULL, at INTEGER NOT NULL, bytes INTEGER NOT NULL, input BLOB NOT NULL,
                        response BLOB NOT NULL, UNIQUE (owner, id));
INSERT INTO counters VALUES ('response_bytes', 0);
)sql"};

size_t or_limit(size_t given, size_t limit) {
  return given == 0 ? limit : given;
}

Error too_long() {
  return too_large("the value is longer than the store takes");
}

}  // namespace

void Store::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}
void Store::Close::operator()(sqlite3* db) const {
  sqlite3_close_v2(db);
}

Store::Store(sqlite3* db, const StoreOptions& options) : db_(db), limits_(options) {
  limits_.grants_max = or_limit(options.grants_max, limits::kGrantsMax);
  limits_.tickets_max = or_limit(options.tickets_max, limits::kTicketsMax);
  limits_.sessions_max = or_limit(options.sessions_max, limits::kSessionsMax);
  limits_.shadow_entries_max = or_limit(options.shadow_entries_max, limits::kShadowEntriesMax);
  limits_.shadow_bytes_max = or_limit(options.shadow_bytes_max, limits::kShadowBytesMax);
  limits_.emitted_max = or_limit(options.emitted_max, limits::kEmittedMax);
  limits_.details_max = or_limit(options.details_max, limits::kStoredDetailsMax);
  limits_.arrivals_max = or_limit(options.arrivals_max, limits::kStoredArrivalsMax);
  limits_.pins_max = or_limit(options.pins_max, limits::kPinsMax);
  limits_.responses_max = or_limit(options.responses_max, kStoredResponsesMax);
  limits_.responses_bytes_max = or_limit(options.responses_bytes_max, kStoredResponsesBytesMax);
  limits_.trace_max = or_limit(options.trace_max, limits::kTraceEntriesMax);
}

Store::~Store() = default;

Error Store::failure(std::string what) const {
  const int code = sqlite3_errcode(db_.get());
  what += ": ";
  what += sqlite3_errmsg(db_.get());
  const char* file = sqlite3_db_filename(db_.get(), "main");
  Error error = unavailable(std::move(what), file == nullptr ? "" : file);
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
    error.code = Code::bad_input;
    error.hint = "the file is damaged: restore it, or move it away to start with an empty one";
  }
  return error;
}

Status Store::run(const char* sql) {
  if (sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return failure("cannot use the store");
}

Result<std::unique_ptr<Store>> Store::open(const std::string& path, const StoreOptions& options) {
  if (path != ":memory:") {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);  // SQLite would make it readable
    if (fd < 0) return unavailable("cannot open the store", path);
    ::close(fd);
  }
  sqlite3* raw = nullptr;
  const int result = sqlite3_open_v2(
      path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Store> store(new Store(raw, options));
  if (result != SQLITE_OK) return store->failure("cannot open the store");
  WEIR_TRY(store->configure(path));
  WEIR_TRY(store->migrate());
  return store;
}

Status Store::configure(const std::string& path) {
  sqlite3_busy_timeout(db_.get(), kBusyTimeoutMs);
  sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_extended_result_codes(db_.get(), 0);
  WEIR_TRY(run("PRAGMA cell_size_check = ON; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF;"));
  Query mode(*this, "PRAGMA journal_mode = WAL");
  WEIR_TRY_ASSIGN(row, mode.step());
  if (path != ":memory:" && (!row || mode.column_bytes(0) != "wal")) {
    return unavailable("the store cannot keep a write-ahead log here", path, "use a local file system");
  }
  return {};
}

Status Store::migrate() {
  int64_t version = 0;
  {
    Query query(*this, "PRAGMA user_version");
    WEIR_TRY_ASSIGN(row, query.step());
    version = row ? query.column_integer(0) : 0;
  }
  if (version > kVersion || version < 0) {
    return unsupported("the store was written by a newer weir (version " + std::to_string(version) + ")", "",
                       "use that weir, or another data directory");
  }
  if (version == kVersion) {
    // A file whose version is right and whose tables are not is damaged.
    Query query(*this,
                "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
    WEIR_TRY_ASSIGN(row, query.step());
    if (row && query.column_integer(0) == 14) return {};
    return bad_input("the store lacks tables", "", "the file is damaged: restore it, or move it away");
  }
  return atomically([&]() -> Status {
    for (int64_t i = version; i < kVersion; ++i) WEIR_TRY(run(kMigrations[i]));
    return run(("PRAGMA user_version = " + std::to_string(kVersion)).c_str());
  });
}

Status Store::check_integrity() {
  Query query(*this, "PRAGMA integrity_check(1)");
  WEIR_TRY_ASSIGN(row, query.step());
  if (row && query.column_bytes(0) == "ok") return {};
  return bad_input("the store is damaged: " + shown(row ? query.column_bytes(0) : "no answer"));
}

Status Store::atomically(const std::function<Status()>& body) {
  if (in_transaction_) return body();  // the outer one commits
  WEIR_TRY(run("BEGIN IMMEDIATE"));
  in_transaction_ = true;
  Status status = body();
  in_transaction_ = false;
  if (status) status = run("COMMIT");
  if (!status && sqlite3_get_autocommit(db_.get()) == 0) (void)run("ROLLBACK").has_value();
  return status;
}

Result<int64_t> Store::label_id(std::string_view label) {
  WEIR_TRY(Query(*this, "INSERT OR IGNORE INTO labels(label) VALUES (?)").text(label).run());
  Query query(*this, "SELECT id FROM labels WHERE label = ?");
  WEIR_TRY_ASSIGN(row, query.text(label).step());
  if (!row) return Error{Code::internal, "a label was not stored"};
  return query.column_integer(0);
}

Status Store::put_grant(const StoredGrant& grant, int64_t now) {
  if (grant.json.size() > limits::kStoreValueBytesMax) return too_long();
  return atomically([&]() -> Status {
    WEIR_TRY(Query(*this, "DELETE FROM grants WHERE expires <= ?").integer(now).run());
    Query count(*this, "SELECT count(*) FROM grants WHERE id <> ?");
    WEIR_TRY(count.text(grant.id).step());
    if (static_cast<size_t>(count.column_integer(0)) >= limits_.grants_max) {
      return too_large("there are too many grants", "", "remove some");
    }
    return Query(*this, "INSERT OR REPLACE INTO grants VALUES (?, ?, ?)")
        .text(grant.id)
        .text(grant.json)
        .integer(grant.expires_wall_ms)
        .run();
  });
}

Result<bool> Store::remove_grant(std::string_view id) {
  WEIR_TRY(Query(*this, "DELETE FROM grants WHERE id = ?").text(id).run());
  return sqlite3_changes(db_.get()) > 0;
}

Result<std::vector<StoredGrant>> Store::grants(int64_t now) {
  Query query(*this, "SELECT id, json, expires FROM grants WHERE expires > ? ORDER BY id");
  query.integer(now);
  std::vector<StoredGrant> out;
  while (true) {
    WEIR_TRY_ASSIGN(row, query.step());
    if (!row) return out;
    out.push_back({query.column_text(0), query.column_text(1), query.column_integer(2)});
  }
}

Status Store::put_ticket(std::string_view id, std::string_view value, int64_t expires, int64_t now) {
  if (value.size() > limits::kStoreValueBytesMax) return too_long();
  return atomically([&]() -> Status {
    WEIR_TRY(Query(*this, "DELETE FROM tickets WHERE expires <= ?").integer(now).run());
    Query count(*this, "SELECT count(*), coalesce(sum(id = ?), 0) FROM tickets");
    WEIR_TRY(count.text(id).step());
    if (count.column_integer(1) > 0) return Error{Code::denied, "there is such a ticket already"};
    if (static_cast<size_t>(count.column_integer(0)) >= limits_.tickets_max) {
      return too_large("there are too many open decisions", "", "wait until some expire");
    }
    return Query(*this, "INSERT INTO tickets(id, value, expires) VALUES (?, ?, ?)")
        .text(id)
        .blob(value)
        .integer(expires)
        .run();
  });
}

// The commit is synced (synchronous = FULL) before the value is given out.
Result<std::optional<std::string>> Store::take_ticket(std::string_view id, int64_t now) {
  std::optional<std::string> out;
  WEIR_TRY(atomically([&]() -> Status {
    Query query(*this, "SELECT value FROM tickets WHERE id = ? AND taken = 0 AND expires > ?");
    WEIR_TRY_ASSIGN(row, query.text(id).integer(now).step());
    if (!row) return {};
    std::string value = query.column_text(0);
    WEIR_TRY(Query(*this, "UPDATE tickets SET taken = 1, value = x'' WHERE id = ?").text(id).run());
    out = std::move(value);
    return {};
  }));
  return out;
}

Status Store::put_shadow(const Digest& key, std::string_view value) {
  if (value.size() > std::min(limits::kStoreValueBytesMax, limits_.shadow_bytes_max)) return too_long();
  return atomically([&]() -> Status {
    const char* add = "UPDATE counters SET value = value + ? WHERE name = 'shadow_bytes'";
    Query old(*this, "DELETE FROM shadow WHERE key = ? RETURNING length(value)");
    WEIR_TRY_ASSIGN(had, old.blob(as_bytes(key)).step());
    int64_t change = static_cast<int64_t>(value.size()) - (had ? old.column_integer(0) : 0);
    old.again();
    WEIR_TRY(
        Query(*this, "INSERT INTO shadow(key, value) VALUES (?, ?)").blob(as_bytes(key)).blob(value).run());
    WEIR_TRY(Query(*this, add).integer(change).run());
    while (true) {
      Query size(*this,
                 "SELECT value, (SELECT count(*) FROM shadow) FROM counters WHERE name = 'shadow_bytes'");
      WEIR_TRY(size.step());
      if (static_cast<size_t>(size.column_integer(0)) <= limits_.shadow_bytes_max &&
          static_cast<size_t>(size.column_integer(1)) <= limits_.shadow_entries_max) {
        return {};
      }
      size.again();
      Query oldest(*this,
                   "DELETE FROM shadow WHERE seq = (SELECT min(seq) FROM shadow) RETURNING length(value)");
      WEIR_TRY_ASSIGN(row, oldest.step());
      if (!row) return bad_input("the store's counters do not fit its tables");
      const int64_t freed = oldest.column_integer(0);
      oldest.again();
      WEIR_TRY(Query(*this, add).integer(-freed).run());
    }
  });
}

Result<std::optional<std::string>> Store::shadow(const Digest& key) {
  Query query(*this, "SELECT value FROM shadow WHERE key = ?");
  WEIR_TRY_ASSIGN(row, query.blob(as_bytes(key)).step());
  if (!row) return std::optional<std::string>();
  return std::optional(query.column_text(0));
}

Status Store::put_emitted(const std::vector<Emitted>& parts) {
  return atomically([&]() -> Status {
    Query insert(*this, "INSERT OR REPLACE INTO emitted(key, label) VALUES (?, ?)");
    std::unordered_map<std::string_view, int64_t> labels;
    for (const Emitted& part : parts) {
      auto label = labels.find(part.label);
      if (label == labels.end()) {
        WEIR_TRY_ASSIGN(id, label_id(part.label));
        label = labels.emplace(part.label, id).first;
      }
      insert.again();
      WEIR_TRY(insert.blob(as_bytes(part.key)).integer(label->second).run());
    }
    return Query(*this,
                 "DELETE FROM emitted WHERE seq IN (SELECT seq FROM emitted ORDER BY seq LIMIT "
                 "max(0, (SELECT count(*) FROM emitted) - ?))")
        .integer(static_cast<int64_t>(limits_.emitted_max))
        .run();
  });
}

Result<std::vector<std::optional<std::string>>> Store::emitted(const std::vector<Digest>& keys) {
  std::vector<std::optional<std::string>> out;
  Query query(*this,
              "SELECT labels.label FROM emitted JOIN labels ON labels.id = emitted.label WHERE key = ?");
  for (const Digest& key : keys) {
    query.again();
    WEIR_TRY_ASSIGN(row, query.blob(as_bytes(key)).step());
    out.push_back(row ? std::optional(query.column_text(0)) : std::nullopt);
  }
  return out;
}

Status Store::put_session(const StoredSession& session) {
  if (session.json.size() > limits::kStoreValueBytesMax) return too_long();
  return atomically([&]() -> Status {
    WEIR_TRY(Query(*this, "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?)")
                 .text(session.id)
                 .text(session.json)
                 .integer(session.touched_wall_ms)
                 .run());
    return Query(*this,
                 "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE id <> ?1 ORDER BY touched, "
                 "id "
                 "LIMIT max(0, (SELECT count(*) FROM sessions) - ?2))")
        .text(session.id)
        .integer(static_cast<int64_t>(limits_.sessions_max))
        .run();
  });
}

Result<std::optional<StoredSession>> Store::session(std::string_view id) {
  Query query(*this, "SELECT id, json, touched FROM sessions WHERE id = ?");
  WEIR_TRY_ASSIGN(row, query.text(id).step());
  if (!row) return std::optional<StoredSession>();
  return std::optional(StoredSession{query.column_text(0), query.column_text(1), query.column_integer(2)});
}

Result<std::vector<StoredSession>> Store::sessions(size_t n) {
  Query query(*this, "SELECT id, json, touched FROM sessions ORDER BY touched DESC, id LIMIT ?");
  query.integer(static_cast<int64_t>(std::min(n, limits_.sessions_max)));
  std::vector<StoredSession> out;
  while (true) {
    WEIR_TRY_ASSIGN(row, query.step());
    if (!row) return out;
    out.push_back({query.column_text(0), query.column_text(1), query.column_integer(2)});
  }
}

Result<uint64_t> Store::prune_sessions(int64_t touched_before) {
  WEIR_TRY(Query(*this, "DELETE FROM sessions WHERE touched < ?").integer(touched_before).run());
  return static_cast<uint64_t>(sqlite3_changes64(db_.get()));
}

Status Store::append_trace(const std::vector<TraceEntry>& entries) {
  return atomically([&]() -> Status {
    WEIR_TRY_ASSIGN(size, trace_size());
    if (entries.size() > limits_.trace_max || size > limits_.trace_max - entries.size()) {
      return too_large("the trace index is full");
    }
    Query insert(*this, "INSERT INTO trace VALUES (?, ?, ?, ?)");
    std::unordered_map<std::string_view, int64_t> labels;
    for (const TraceEntry& entry : entries) {
      auto label = labels.find(entry.label);
      if (label == labels.end()) {
        WEIR_TRY_ASSIGN(id, label_id(entry.label));
        label = labels.emplace(entry.label, id).first;
      }
      insert.again();
      WEIR_TRY(insert.integer(static_cast<int64_t>(size++))
                   .integer(static_cast<int64_t>(entry.hash))
                   .integer(entry.flags)
                   .integer(label->second)
                   .run());
    }
    return {};
  });
}

Status Store::each_trace(uint64_t from,
                         const std::function<void(uint64_t, uint8_t, std::string_view)>& each) {
  Query query(*this,
              "SELECT hash, flags, labels.label FROM trace JOIN labels ON labels.id = trace.label "
              "WHERE seq >= ? ORDER BY seq");
  query.integer(static_cast<int64_t>(from));
  while (true) {
    WEIR_TRY_ASSIGN(row, query.step());
    if (!row) return {};
    each(static_cast<uint64_t>(query.column_integer(0)), static_cast<uint8_t>(query.column_integer(1)),
         query.column_bytes(2));
  }
}

Result<uint64_t> Store::trace_size() {
  Query query(*this, "SELECT coalesce(max(seq) + 1, 0) FROM trace");
  WEIR_TRY(query.step());
  return static_cast<uint64_t>(query.column_integer(0));
}

Status Store::put_meta(std::string_view key, std::string_view value) {
  if (value.size() > limits::kStoreValueBytesMax) return too_long();
  return Query(*this, "INSERT OR REPLACE INTO meta VALUES (?, ?)").text(key).blob(value).run();
}

Result<std::optional<std::string>> Store::meta(std::string_view key) {
  Query query(*this, "SELECT value FROM meta WHERE key = ?");
  WEIR_TRY_ASSIGN(row, query.text(key).step());
  if (!row) return std::optional<std::string>();
  return std::optional(query.column_text(0));
}

}  // namespace weir
