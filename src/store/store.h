// The durable state of one gateway, in one SQLite file.
//
// Guarantee: what a call marked "durable" returned survives a crash (WAL, synchronous = FULL); the other
// writes are atomic and survive a crash of the process, and a crash of the machine up to the last durable one
// after them. Tables are bounded by limits.h. A damaged file or one of a newer weir is an Error, never a
// crash.
//
// Not guaranteed: that rows were not edited by whoever may write the file: it is no ledger. Times are wall
// milliseconds given by the caller; the store asks no clock.
//
// Threads: one at a time (StoreThread in store_thread.h is that thread). Calls block on the disk.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace weir {

struct StoredGrant {
  std::string id;
  std::string json;
  int64_t expires_wall_ms = 0;
};

struct StoredSession {
  std::string id;
  std::string json;
  int64_t touched_wall_ms = 0;
};

struct Emitted {
  Digest key = {};
  std::string label;
};

struct StoredPin {
  std::string server, tool;
  int64_t state = 0;
  std::string accepted, seen;  // definitions, JSON
  std::string findings;        // lines
};

// What came into a session, as JSON without content; see gateway/recorder.
struct StoredArrival {
  std::string session;
  Digest key = {};  // whoever sends the same again has the same
  std::string json;
};

struct TraceEntry {
  uint64_t hash = 0;
  uint8_t flags = 0;
  std::string label;  // stored once for all entries that share it
};

// A response of the Responses API that a client may go on from.
struct StoredResponse {
  std::string owner;  // who may: a digest
  std::string id;
  std::string previous = {};  // the response that it went on from
  std::string input = {};     // the items that were new, comma separated
  std::string response = {};  // the object that the client got
  int64_t at_wall_ms = 0;
};

struct StoreOptions {
  // Lower bounds than limits.h, for tests. 0 means the limit.
  size_t grants_max = 0;
  size_t tickets_max = 0;
  size_t sessions_max = 0;
  size_t shadow_entries_max = 0;
  size_t shadow_bytes_max = 0;
  size_t emitted_max = 0;
  size_t trace_max = 0;
  size_t details_max = 0;
  size_t arrivals_max = 0;
  size_t pins_max = 0;
  size_t responses_max = 0;
  size_t responses_bytes_max = 0;
};

class Store {
 public:
  // A file path (made, mode 0600, if it is not there) or ":memory:". Migrates an older file; refuses a newer
  // one (Code::unsupported) and one that is damaged (Code::bad_input).
  static Result<std::unique_ptr<Store>> open(const std::string& path, const StoreOptions& options = {});
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Reads every page (SQLite's integrity_check). Linear in the file.
  Status check_integrity();

  // Several writes as one transaction; an error of `body` undoes them all. Not to be nested.
  Status atomically(const std::function<Status()>& body);

  // Grants. Durable. At kGrantsMax a new one is refused (Code::too_large); expired ones make room first.
  Status put_grant(const StoredGrant& grant, int64_t now_wall_ms);
  Result<bool> remove_grant(std::string_view id);                // false: no such grant
  Result<std::vector<StoredGrant>> grants(int64_t now_wall_ms);  // those not expired, by id

  // Tickets: a decision that may be used once. Durable. put refuses an id that was ever put and has not
  // expired, and refuses at kTicketsMax.
  Status put_ticket(std::string_view id, std::string_view value, int64_t expires_wall_ms,
                    int64_t now_wall_ms);
  // The ticket's value, exactly once, and not from expires_wall_ms on; then and for unknown ids: nothing.
  Result<std::optional<std::string>> take_ticket(std::string_view id, int64_t now_wall_ms);

  // Shadow history: what weir did that the client never saw. The oldest put are dropped past
  // kShadowEntriesMax entries or kShadowBytesMax bytes of values.
  Status put_shadow(const Digest& key, std::string_view value);
  Result<std::optional<std::string>> shadow(const Digest& key);

  // Emitted: labels of what the planner was seen to write. The oldest are dropped past kEmittedMax.
  Status put_emitted(const std::vector<Emitted>& parts);
  // One element for each key, in order.
  Result<std::vector<std::optional<std::string>>> emitted(const std::vector<Digest>& keys);

  // Calls `each` for the newest `n` (of shadow: all), oldest first; the views live until it returns.
  Status each_emitted(size_t n, const std::function<void(const Digest& key, std::string_view label)>& each);
  Status each_shadow(const std::function<void(const Digest& key, std::string_view value)>& each);

  // Places that were written to, each with the label of what was written. At kStoredPlacesMax new ones are
  // dropped silently: whoever reads them treats unknown places as untrusted then.
  Status put_place(std::string_view place, std::string_view label);
  Status each_place(const std::function<void(std::string_view place, std::string_view label)>& each);

  // Pins: what a server's tool said of itself when it was accepted, and says now. Durable. At kPinsMax new
  // ones are refused (Code::too_large).
  Status put_pin(const StoredPin& pin);
  Status remove_pin(std::string_view server, std::string_view tool);
  Status each_pin(const std::function<void(StoredPin pin)>& each);

  // What a person may want to read of a ledger entry. The oldest are dropped past kStoredDetailsMax.
  Status put_detail(uint64_t entry, std::string_view json);
  // Of entries [from, from + n), those that are kept, in order.
  Result<std::vector<std::pair<uint64_t, std::string>>> details(uint64_t from, size_t n);

  // What came into sessions, for people to read. One that is there already stays as it is; the oldest are
  // dropped past kStoredArrivalsMax. An empty `session`: of all.
  Status put_arrivals(const std::vector<StoredArrival>& arrivals);
  Status each_arrival(std::string_view session,
                      const std::function<void(std::string_view session, std::string_view json)>& each);

  // Responses. One longer than kStoredResponseBytesMax is refused (Code::too_large). put drops those from
  // before `oldest_wall_ms`, and the oldest past kStoredResponsesMax or kStoredResponsesBytesMax.
  Status put_response(const StoredResponse& response, int64_t oldest_wall_ms);
  Result<std::optional<StoredResponse>> response(std::string_view owner, std::string_view id);
  Result<bool> remove_response(std::string_view owner, std::string_view id);  // false: no such response

  // Sessions. The least recently touched are dropped past kSessionsMax.
  Status put_session(const StoredSession& session);
  Result<std::optional<StoredSession>> session(std::string_view id);
  Result<std::vector<StoredSession>> sessions(size_t n);            // newest touched first
  Result<uint64_t> prune_sessions(int64_t touched_before_wall_ms);  // how many went

  // Trace entries, in the order they were appended; never evicted. All or none of one call; refused past
  // kTraceEntriesMax (Code::too_large), so that the caller knows the index to be incomplete.
  Status append_trace(const std::vector<TraceEntry>& entries);
  // Calls `each` for every entry from position `from` (0 is the first) on; the label's view lives until it
  // returns.
  Status each_trace(uint64_t from,
                    const std::function<void(uint64_t hash, uint8_t flags, std::string_view label)>& each);
  Result<uint64_t> trace_size();

  // Small named values (token hash, ledger origin, …). Durable.
  Status put_meta(std::string_view key, std::string_view value);
  Result<std::optional<std::string>> meta(std::string_view key);

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  struct Close {
    void operator()(sqlite3* db) const;
  };
  class Query;
  class Write;
  friend class Query;

  Store(sqlite3* db, const StoreOptions& options);
  Status configure(const std::string& path);
  Status migrate();
  Status run(const char* sql);
  Result<bool> drop_response(Query& which);
  Result<int64_t> label_id(std::string_view label);
  Error failure(std::string what) const;

  std::unique_ptr<sqlite3, Close> db_;
  StoreOptions limits_;
  bool in_transaction_ = false;
};

}  // namespace weir
