// Store::Query: one prepared statement, for the files of this folder.
#pragma once

#include <sqlite3.h>

#include "store/store.h"

namespace weir {

// One prepared statement with its parameters: Query(store, sql).text(id).integer(now). Views that are bound
// or read live until the next step.
class Store::Query {
 public:
  Query(Store& store, const char* sql) : store_(store) {
    sqlite3_stmt* statement = nullptr;
    result_ = sqlite3_prepare_v2(store.db_.get(), sql, -1, &statement, nullptr);
    statement_.reset(statement);
  }
  Query& text(std::string_view value) {
    if (statement_) {
      note(sqlite3_bind_text64(statement_.get(), ++bound_, value.data() == nullptr ? "" : value.data(),
                               value.size(), SQLITE_STATIC, SQLITE_UTF8));
    }
    return *this;
  }
  Query& blob(std::string_view value) {
    if (statement_) {
      note(sqlite3_bind_blob64(statement_.get(), ++bound_, value.data() == nullptr ? "" : value.data(),
                               value.size(), SQLITE_STATIC));
    }
    return *this;
  }
  Query& integer(int64_t value) {
    if (statement_) note(sqlite3_bind_int64(statement_.get(), ++bound_, value));
    return *this;
  }
  // True: there is a row; false: the statement is done.
  Result<bool> step() {
    if (result_ != SQLITE_OK) return store_.failure("cannot ask the store");
    const int result = sqlite3_step(statement_.get());
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) return false;
    return store_.failure("cannot use the store");
  }
  Status run() {
    WEIR_TRY(step());
    return {};
  }
  void again() {
    if (statement_) sqlite3_reset(statement_.get());
    bound_ = 0;
  }
  std::string_view column_bytes(int column) const {
    const void* bytes = sqlite3_column_blob(statement_.get(), column);
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return bytes == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(bytes), size);
  }
  std::string column_text(int column) const { return std::string(column_bytes(column)); }
  int64_t column_integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

 private:
  void note(int result) {
    if (result_ == SQLITE_OK) result_ = result;
  }
  Store& store_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int result_ = SQLITE_OK;
  int bound_ = 0;
};

}  // namespace weir
