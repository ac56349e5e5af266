// Responses that clients may go on from.
#include "store/limits.h"
#include "store/query.h"

namespace weir {

// Removes the row that `which` deletes and gives the length of; false: there was none.
Result<bool> Store::drop_response(Query& which) {
  WEIR_TRY_ASSIGN(row, which.step());
  if (!row) return false;
  const int64_t bytes = which.column_integer(0);
  which.again();
  WEIR_TRY(Query(*this, "UPDATE counters SET value = value - ? WHERE name = 'response_bytes'")
               .integer(bytes)
               .run());
  return true;
}

Status Store::put_response(const StoredResponse& response, int64_t oldest_wall_ms) {
  const size_t bytes = response.input.size() + response.response.size();
  if (bytes > kStoredResponseBytesMax || bytes > limits_.responses_bytes_max)
    return too_large("the response is longer than the store takes");
  return atomically([&]() -> Status {
    Query same(*this, "DELETE FROM responses WHERE owner = ? AND id = ? RETURNING bytes");
    WEIR_TRY(drop_response(same.text(response.owner).text(response.id)));
    Query insert(*this,
                 "INSERT INTO responses(owner, id, previous, at, bytes, input, response) VALUES (?, ?, ?, ?, "
                 "?, ?, ?)");
    WEIR_TRY(insert.text(response.owner)
                 .text(response.id)
                 .text(response.previous)
                 .integer(response.at_wall_ms)
                 .integer(static_cast<int64_t>(bytes))
                 .blob(response.input)
                 .blob(response.response)
                 .run());
    WEIR_TRY(Query(*this, "UPDATE counters SET value = value + ? WHERE name = 'response_bytes'")
                 .integer(static_cast<int64_t>(bytes))
                 .run());
    while (true) {
      Query state(
          *this,
          "SELECT value, (SELECT count(*) FROM responses), (SELECT at FROM responses ORDER BY seq LIMIT 1) "
          "FROM counters WHERE name = 'response_bytes'");
      WEIR_TRY(state.step());
      const bool fits = static_cast<size_t>(state.column_integer(0)) <= limits_.responses_bytes_max &&
                        static_cast<size_t>(state.column_integer(1)) <= limits_.responses_max;
      if (state.column_integer(1) == 0 || (fits && state.column_integer(2) >= oldest_wall_ms)) return {};
      state.again();
      Query oldest(*this,
                   "DELETE FROM responses WHERE seq = (SELECT min(seq) FROM responses) RETURNING bytes");
      WEIR_TRY_ASSIGN(dropped, drop_response(oldest));
      if (!dropped) return bad_input("the store's counters do not fit its tables");
    }
  });
}

Result<std::optional<StoredResponse>> Store::response(std::string_view owner, std::string_view id) {
  Query query(*this, "SELECT previous, input, response, at FROM responses WHERE owner = ? AND id = ?");
  WEIR_TRY_ASSIGN(row, query.text(owner).text(id).step());
  if (!row) return std::optional<StoredResponse>();
  return std::optional(StoredResponse{std::string(owner), std::string(id), query.column_text(0),
                                      query.column_text(1), query.column_text(2), query.column_integer(3)});
}

Result<bool> Store::remove_response(std::string_view owner, std::string_view id) {
  bool dropped = false;
  WEIR_TRY(atomically([&]() -> Status {
    Query one(*this, "DELETE FROM responses WHERE owner = ? AND id = ? RETURNING bytes");
    WEIR_TRY_ASSIGN(gone, drop_response(one.text(owner).text(id)));
    dropped = gone;
    return {};
  }));
  return dropped;
}

}  // namespace weir
