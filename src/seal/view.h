// View: what the planner sees of a tool's result in seal mode.
//
// Where all of it is trusted (or from an origin that the operator opened), the result as it is. Else
//
//   {{weir:v3}}                                    a result in which the manifest names nothing
//   {"all":"{{weir:v3}}","open":true,"title":"{{weir:v3.title}}"}        one record
//   {"all":"{{weir:v3}}","items":[{"ref":"{{weir:v4}}","from":"{{weir:v4.from}}"}, …]}    a list
//
// A list shows the same number of references whatever it holds; those past its end stand for nothing. Trusted
// records of a list stand there as they are. Members are named where the manifest declares them (`fields`,
// `origin`, `readers`, `authenticated`, `reveal`). Where ViewRules::reveal is set, a leaf with a `reveal`
// type is shown once its bits are charged. So the text depends on labels, the manifest and charged reveals
// alone.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "exchange/exchange.h"
#include "manifest/label_result.h"
#include "manifest/tool_facts.h"
#include "seal/vault.h"

namespace weir::seal {

struct ViewRules {
  size_t page = 10;  // references of one list
  double budget_bits = 64;
  bool reveal = false;                // show leaves that have a `reveal` type
  std::function<bool(LabelId)> open;  // content with this label is shown although nobody vouches for it
  std::string source = {};            // Sealed::source of the values
};

struct View {
  bool sealed = false;         // false: the planner sees the result as it is
  std::string text = {};       // else this
  LabelId context = kNoLabel;  // joined label of what it sees in the clear
  std::vector<std::pair<uint32_t, SealedPtr>> values = {};
};

// `pieces` are label_result()'s, with their final labels. `key` names the result in its session: the call,
// never its content.
View view_of_result(const manifest::ToolFacts& facts, const exchange::Result& result,
                    const std::vector<manifest::LabelledText>& pieces, Labels& labels, Vault& vault,
                    const Digest& key, const ViewRules& rules);

// Gives the numbers that such a view can need, before the result is there: so that which of several results
// comes first changes no number.
void reserve_numbers(const manifest::ToolFacts& facts, Vault& vault, const Digest& key, size_t page);

// Log2 of the outcomes that the planner can be shown of a leaf of this type, "not of this type" included.
double reveal_bits(const manifest::RevealType& type);
// The value is of the type, exactly.
bool reveal_accepts(const manifest::RevealType& type, json::Value value);
// YYYY-MM-DD of a day that exists.
bool is_date(std::string_view text);

}  // namespace weir::seal
