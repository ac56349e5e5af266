// The parts of the store that a start reads back as a whole, and what stands beside the ledger.
#include <algorithm>
#include <cstring>

#include "base/limits.h"
#include "store/query.h"

namespace weir {
namespace {

// A key column that is no digest was edited by somebody; it is skipped.
bool read_digest(std::string_view bytes, Digest& digest) {
  if (bytes.size() != digest.size()) return false;
  std::memcpy(digest.data(), bytes.data(), digest.size());
  return true;
}

}  // namespace

Status Store::each_emitted(size_t n, const std::function<void(const Digest&, std::string_view)>& each) {
  Query query(*this,
              "SELECT key, label FROM (SELECT emitted.seq AS seq, key, labels.label AS label FROM emitted "
              "JOIN labels ON "
              "labels.id = emitted.label ORDER BY emitted.seq DESC LIMIT ?) ORDER BY seq");
  query.integer(static_cast<int64_t>(n));
  while (true) {
    WEIR_TRY_ASSIGN(row, query.step());
    if (!row) return {};
    Digest key{};
    if (read_digest(query.column_bytes(0), key)) each(key, query.column_bytes(1));
  }
}

Status Store::each_shadow(const std::function<void(const Digest&, std::string_view)>& each) {
  Query query(*this, "SELECT key, value FROM shadow ORDER BY seq");
  while (true) {
    WEIR_TRY_ASSIGN(row, query.step());
    if (!row) return {};
    Digest key{};
    if (read_digest(query.column_bytes(0), key)) each(key, query.column_bytes(1));
  }
}

Status Store::put_place(std::string_view place, std::string_view label) {
  if (place.size() > limits::kStoreValueBytesMax) return {};
  return atomically([&]() -> Status {
    WEIR_TRY_ASSIGN(id, label_id(label));
    return Query(*this,
                 "INSERT OR REPLACE INTO places(place, label) SELECT ?1, ?2 WHERE (SELECT count(*) FROM "
                 "places) < ?3 OR "
                 "EXISTS (SELECT 1 FROM places WHERE place = ?1)")
        .text(place)
        .integer(id)
        .integer(static_cast<int64_t>(limits::kStoredPlacesMax))
        .run();
  });
}

Status Store::each_place(const std::function<void(std::string_view, std::string_view)>& each) {
  Query query(
      *this, "SELECT place, labels.label FROM places JOIN labels ON labels.id = places.label ORDER BY place");
  while (true) {
    WEIR_TRY_ASSIGN(row, query.step());
    if (!row) return {};
    each(query.column_bytes(0), query.column_bytes(1));
  }
}

Status Store::put_pin(const StoredPin& pin) {
  if (pin.accepted.size() + pin.seen.size() > limits::kStoreValueBytesMax)
    return too_large("the pin is longer than the store takes");
  return atomically([&]() -> Status {
    // Counting the rows each time would cost their square.
    Query known(*this, "SELECT 1 FROM pins WHERE server = ? AND tool = ?");
    WEIR_TRY_ASSIGN(is_known, known.text(pin.server).text(pin.tool).step());
    if (!is_known) {
      Query count(*this, "SELECT value FROM counters WHERE name = 'pins'");
      WEIR_TRY_ASSIGN(row, count.step());
      if (row && count.column_integer(0) >= static_cast<int64_t>(limits_.pins_max))
        return too_large("there are too many pinned tools");
      WEIR_TRY(Query(*this, "UPDATE counters SET value = value + 1 WHERE name = 'pins'").run());
    }
    return Query(*this, "INSERT OR REPLACE INTO pins VALUES (?, ?, ?, ?, ?, ?)")
        .text(pin.server)
        .text(pin.tool)
        .integer(pin.state)
        .text(pin.accepted)
        .text(pin.seen)
        .text(pin.findings)
        .run();
  });
}

Status Store::remove_pin(std::string_view server, std::string_view tool) {
  return atomically([&]() -> Status {
    WEIR_TRY(Query(*this,
                   "UPDATE counters SET value = value - 1 WHERE name = 'pins' AND EXISTS (SELECT 1 FROM pins "
                   "WHERE server = ? AND tool = ?)")
                 .text(server)
                 .text(tool)
                 .run());
    return Query(*this, "DELETE FROM pins WHERE server = ? AND tool = ?").text(server).text(tool).run();
  });
}

Status Store::each_pin(const std::function<void(StoredPin)>& each) {
  Query query(*this, "SELECT server, tool, state, accepted, seen, findings FROM pins");
  const auto text = [&](int column) { return std::string(query.column_bytes(column)); };
  while (true) {
    WEIR_TRY_ASSIGN(row, query.step());
    if (!row) return {};
    each({text(0), text(1), query.column_integer(2), text(3), text(4), text(5)});
  }
}

Status Store::put_detail(uint64_t entry, std::string_view json) {
  if (json.size() > limits::kStoreValueBytesMax) return {};
  return atomically([&]() -> Status {
    WEIR_TRY(Query(*this, "INSERT OR REPLACE INTO details VALUES (?, ?)")
                 .integer(static_cast<int64_t>(entry))
                 .text(json)
                 .run());
    const auto keep = static_cast<int64_t>(limits_.details_max);
    return Query(*this, "DELETE FROM details WHERE entry <= ?")
        .integer(static_cast<int64_t>(entry) - keep)
        .run();
  });
}

Result<std::vector<std::pair<uint64_t, std::string>>> Store::details(uint64_t from, size_t n) {
  Query query(*this, "SELECT entry, json FROM details WHERE entry >= ? AND entry < ? ORDER BY entry");
  query.integer(static_cast<int64_t>(from))
      .integer(static_cast<int64_t>(from + std::min<size_t>(n, limits::kLedgerReadEntriesMax)));
  std::vector<std::pair<uint64_t, std::string>> out;
  while (true) {
    WEIR_TRY_ASSIGN(row, query.step());
    if (!row) return out;
    out.emplace_back(static_cast<uint64_t>(query.column_integer(0)), query.column_text(1));
  }
}

Status Store::put_arrivals(const std::vector<StoredArrival>& arrivals) {
  return atomically([&]() -> Status {
    // Not OR IGNORE, which would use up a number.
    Query insert(*this,
                 "INSERT INTO arrivals(session, key, json) SELECT ?1, ?2, ?3 WHERE NOT EXISTS (SELECT 1 FROM "
                 "arrivals WHERE session = ?1 AND key = ?2)");
    for (const StoredArrival& arrival : arrivals) {
      if (arrival.json.size() > limits::kStoreValueBytesMax) continue;
      insert.again();
      WEIR_TRY(insert.text(arrival.session).blob(as_bytes(arrival.key)).text(arrival.json).run());
    }
    return Query(*this, "DELETE FROM arrivals WHERE seq <= (SELECT coalesce(max(seq), 0) FROM arrivals) - ?")
        .integer(static_cast<int64_t>(limits_.arrivals_max))
        .run();
  });
}

Status Store::each_arrival(std::string_view session,
                           const std::function<void(std::string_view, std::string_view)>& each) {
  Query query(*this, session.empty() ? "SELECT session, json FROM arrivals ORDER BY seq"
                                     : "SELECT session, json FROM arrivals WHERE session = ? ORDER BY seq");
  if (!session.empty()) query.text(session);
  while (true) {
    WEIR_TRY_ASSIGN(row, query.step());
    if (!row) return {};
    each(query.column_bytes(0), query.column_bytes(1));
  }
}

}  // namespace weir
