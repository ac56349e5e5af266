// The expression part of the JSON policy reader, and how it says where something stands.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "policy/tree_builder.h"

namespace weir::policy {

// Deep enough for every tree that kPolicyDepthMax allows. Errors: "file:line:column".
Result<json::Document> parse_json(std::string_view text, std::string_view file_name);

// From values of one document to lines and columns of its file. `text` must outlive it.
class JsonPlaces {
 public:
  JsonPlaces(std::string_view text, std::string_view file);

  const std::string& file() const { return file_; }
  Position position(json::Value value) const { return at_offset(value.offset()); }
  Position at_offset(size_t offset) const;
  std::string where(json::Value value) const;
  Error error(json::Value value, std::string message, std::string hint = {}) const;
  // Refuses what is no object, and unknown keys.
  Status only(json::Value value, std::span<const std::string_view> known) const;
  // An entity; a value inside: errors at its place.
  Result<EntityUid> uid(json::Value value) const;
  Result<Value> value(json::Value value) const;

 private:
  Error placed(Error error, json::Value value) const;

  std::string_view text_;
  std::string file_;
  std::vector<size_t> lines_;  // where each begins
};

class JsonExpressionReader {
 public:
  JsonExpressionReader(const JsonPlaces& places, TreeBuilder& builder) : places_(places), builder_(builder) {}
  // The index of the node. Recursion is bounded by the document's depth.
  Result<uint32_t> read(json::Value value);

 private:
  Result<uint32_t> variable(json::Value value, Position at);
  Result<uint32_t> unary(Op op, json::Value body, Position at);
  Result<uint32_t> binary(Op op, json::Value body, Position at);
  Result<uint32_t> attribute(json::Value body, Position at);
  Result<uint32_t> has(json::Value body, Position at);
  Result<uint32_t> like(json::Value body, Position at);
  Result<uint32_t> is(json::Value body, Position at);
  Result<uint32_t> conditional(json::Value body, Position at);
  Result<uint32_t> set(json::Value body, Position at);
  Result<uint32_t> record(json::Value body, Position at);
  Result<uint32_t> call(Function function, json::Value body, Position at);
  // A member that must be there.
  Result<uint32_t> side(json::Value body, std::string_view key);
  Result<std::vector<uint32_t>> list(json::Value body);

  const JsonPlaces& places_;
  TreeBuilder& builder_;
};

}  // namespace weir::policy
