#include "replay/expect.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"

namespace weir::replay {
namespace {

using Strings = std::vector<std::string>;

// Words as a shell splits them: white space, '…', "…" with \" and \\, and a backslash before anything.
Result<Strings> split(std::string_view line) {
  Strings words;
  std::optional<std::string> word;
  char quote = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == 0 && (c == ' ' || c == '\t' || c == '\r')) {
      if (word) words.push_back(*std::exchange(word, std::nullopt));
      continue;
    }
    if (!word) word.emplace();
    const bool escapes =
        quote == 0 || (quote == '"' && i + 1 < line.size() && (line[i + 1] == '"' || line[i + 1] == '\\'));
    if (c == '\\' && escapes) {
      if (++i == line.size()) return bad_input("nothing follows the backslash");
      *word += line[i];
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else {
      *word += c;
    }
  }
  if (quote != 0) return bad_input("a quotation mark is not closed");
  if (word) words.push_back(*word);
  return words;
}

Result<Expectation> read_head(const Strings& words, const std::vector<Expectation>& before) {
  Expectation out;
  out.id = words[0];
  out.decision = words.size() > 1 ? words[1] : "";
  if (out.decision != "allow" && out.decision != "ask" && out.decision != "deny")
    return bad_input("expected an ID and allow, ask or deny");
  if (std::any_of(before.begin(), before.end(), [&](const Expectation& e) { return e.id == out.id; }))
    return bad_input(fmt::format("{} stands twice", shown(out.id)));
  out.policies.assign(words.begin() + 2, words.end());
  if (!out.policies.empty() && out.policies[0] == "only") {
    out.only = true;
    out.policies.erase(out.policies.begin());
  }
  return out;
}

Result<ExpectedLabel> read_label(Strings words) {
  ExpectedLabel out;
  out.name = words.front();
  words.erase(words.begin());
  if (!words.empty() && (words[0] == "trusted" || words[0] == "untrusted")) {
    out.integrity = words[0];
    words.erase(words.begin());
  }
  if (!words.empty() && words[0] == "only") {
    out.only = true;
    words.erase(words.begin());
  }
  const auto readers = std::find(words.begin(), words.end(), "readers");
  out.origins.assign(words.begin(), readers);
  if (readers != words.end()) {
    out.readers.emplace(readers + 1, words.end());
    std::sort(out.readers->begin(), out.readers->end());
    if (out.readers->empty()) return bad_input("readers of whom?");
  }
  if (out.integrity.empty() && out.origins.empty() && !out.readers)
    return bad_input("it says nothing of a label");
  if (out.only && out.origins.empty()) return bad_input("only what?");
  return out;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

Strings strings(json::Value list) {
  Strings out;
  for (const json::Value each : list.elements()) out.emplace_back(each.string_or(""));
  return out;
}

std::string joined(const Strings& words) {
  std::string out;
  for (const std::string& word : words) out += " " + word;
  return out;
}

std::string label_line(std::string_view name, json::Value label) {
  if (!label.exists()) return {};
  return fmt::format("  {} {}{} readers{}", name, label["integrity"].string_or(""),
                     joined(strings(label["origins"])), joined(strings(label["readers"])));
}

bool fits(const ExpectedLabel& wanted, json::Value got) {
  if (!got.exists()) return false;
  if (!wanted.integrity.empty() && got["integrity"].string_or("") != wanted.integrity) return false;
  const Strings origins = strings(got["origins"]);
  for (const std::string& part : wanted.origins) {
    if (std::none_of(origins.begin(), origins.end(), [&](const auto& o) { return contains(o, part); }))
      return false;
  }
  if (wanted.only) {
    for (const std::string& origin : origins) {
      if (std::none_of(wanted.origins.begin(), wanted.origins.end(),
                       [&](const auto& part) { return contains(origin, part); }))
        return false;
    }
  }
  Strings readers = strings(got["readers"]);
  std::sort(readers.begin(), readers.end());
  return !wanted.readers || *wanted.readers == readers;
}

std::string wanted_line(const ExpectedLabel& wanted) {
  return fmt::format("  {}{}{}{}{}", wanted.name, wanted.integrity.empty() ? "" : " " + wanted.integrity,
                     wanted.only ? " only" : "", joined(wanted.origins),
                     wanted.readers ? " readers" + joined(*wanted.readers) : "");
}

bool decided_so(const Expectation& wanted, json::Value got) {
  if (got["decision"].string_or("") != wanted.decision) return false;
  const Strings policies = strings(got["policies"]);
  const auto among = [](const Strings& list, const std::string& word) {
    return std::find(list.begin(), list.end(), word) != list.end();
  };
  const bool all = std::all_of(wanted.policies.begin(), wanted.policies.end(),
                               [&](const std::string& p) { return among(policies, p); });
  return all && (!wanted.only || std::all_of(policies.begin(), policies.end(), [&](const std::string& p) {
           return among(wanted.policies, p);
         }));
}

std::string head_line(json::Value got) {
  return fmt::format("{} {}{}", got["id"].string_or(""), got["decision"].string_or(""),
                     joined(strings(got["policies"])));
}

std::string head_line(const Expectation& wanted) {
  return fmt::format("{} {}{}{}", wanted.id, wanted.decision, wanted.only ? " only" : "",
                     joined(wanted.policies));
}

void compare(const Expectation& wanted, json::Value got, std::vector<Difference>& out) {
  if (!decided_so(wanted, got)) out.push_back({wanted.id, head_line(wanted), head_line(got)});
  for (const std::string& part : wanted.why) {
    if (!contains(got["why"].string_or(""), part))
      out.push_back(
          {wanted.id, "  why " + json::quote(part), "  why " + json::quote(got["why"].string_or(""))});
  }
  for (const ExpectedLabel& label : wanted.labels) {
    const json::Value found =
        label.name == "context" ? got["context"] : got["args"][label.name == "(text)" ? "" : label.name];
    if (!fits(label, found)) out.push_back({wanted.id, wanted_line(label), label_line(label.name, found)});
  }
}

}  // namespace

Result<std::vector<Expectation>> read_expectations(std::string_view text, const std::string& file_name) {
  std::vector<Expectation> out;
  size_t number = 0;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    const auto placed = [&](Error error) {
      error.where = fmt::format("{}:{}", file_name, number);
      return error;
    };
    const size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || line[first] == '#') continue;
    auto words = split(line);
    if (!words) return placed(words.error());
    if (first == 0) {
      auto head = read_head(*words, out);
      if (!head) return placed(head.error());
      out.push_back(std::move(*head));
      continue;
    }
    if (out.empty()) return placed(bad_input("it belongs to no call"));
    const std::string& name = words->front();
    if (name == "why" && words->size() == 2) {
      out.back().why.push_back((*words)[1]);
      continue;
    }
    if (!name.starts_with('/') && name != "(text)" && name != "context")
      return placed(bad_input("expected /POINTER, (text), context or why"));
    auto label = read_label(*words);
    if (!label) return placed(label.error());
    out.back().labels.push_back(std::move(*label));
  }
  return out;
}

std::vector<Difference> differences(const std::vector<Expectation>& expectations,
                                    const std::vector<json::Document>& decisions) {
  std::vector<Difference> out;
  size_t at = 0;
  for (const json::Document& decision : decisions) {
    const std::string_view id = decision["id"].string_or("");
    const auto wanted = std::find_if(expectations.begin(), expectations.end(),
                                     [&](const Expectation& e) { return e.id == id; });
    if (wanted == expectations.end()) {
      out.push_back({std::string(id), "", head_line(decision.root())});
      continue;
    }
    const auto index = static_cast<size_t>(wanted - expectations.begin());
    if (index < at) out.push_back({std::string(id), fmt::format("{} in the order of the file", id), ""});
    at = std::max(at, index + 1);
    compare(*wanted, decision.root(), out);
  }
  for (const Expectation& wanted : expectations) {
    const bool met = std::any_of(decisions.begin(), decisions.end(),
                                 [&](const json::Document& d) { return d["id"].string_or("") == wanted.id; });
    if (!met) out.push_back({wanted.id, head_line(wanted), ""});
  }
  return out;
}

}  // namespace weir::replay
