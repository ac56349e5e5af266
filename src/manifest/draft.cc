#include "manifest/draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/bytes.h"
#include "base/toml.h"
#include "manifest/pin.h"
#include "manifest/words.h"

namespace weir::manifest {
namespace {

constexpr size_t kSaysBytes = 100;
constexpr size_t kNameShown = 80;

std::string first_line(std::string_view text) {
  while (!text.empty() && (text.front() == '\n' || text.front() == ' ')) text.remove_prefix(1);
  return shown(text.substr(0, text.find_first_of("\r\n")), kSaysBytes);
}

class Drafter {
 public:
  Drafter(const ToolText& text, json::Value entry) : text_(text), entry_(entry) {
    out_.name = text.name;
    out_.says = first_line(text.description);
    properties_ = entry["inputSchema"]["properties"];
  }

  DraftTool draft() {
    guess_effects();
    for (const json::Member& property : properties_.members()) out_.args.push_back(guess_arg(property));
    // Hidden characters, very long texts: no server of ours is known here to be named.
    for (std::string& finding : findings(text_, {}, {})) out_.notes.push_back(std::move(finding));
    return std::move(out_);
  }

 private:
  void add(Effect effect, std::string reason) {
    effects_.add(effect);
    out_.reasons.push_back(std::move(reason));
  }

  void guess_effects() {
    by_name();
    reads_ = !effects_.empty() && effects_.only_reads();
    if (const auto words = words_of(out_.says.substr(0, out_.says.find(' '))); words.size() == 1) {
      const auto effect = effect_of_verb(words.front());
      if (effect && !effects_.has(*effect) && *effect != Effect::read)
        add(*effect, fmt::format("its description begins with \"{}\"", words.front()));
    }
    by_arguments();
    by_annotations();
    reads_ = !effects_.empty() && effects_.only_reads();
    if (effects_.empty() || (effects_ == Effects::of(Effect::read) && out_.reasons.empty())) {
      effects_ = Effects::all();
      out_.reasons = {"nothing in its name says what it does: all effects"};
      reads_ = false;
    } else if (!reads_ && !effects_.has(Effect::send)) {
      add(Effect::send, "what it changes may be seen by others; take `send` out if it stays with you");
    }
    out_.effects = effects_;
  }

  // The first verb of the name decides. Behind a reading one, only words that are verbs and nothing else
  // count: "get_comment" writes none, "find_and_replace" does.
  void by_name() {
    std::optional<Effect> first;
    for (const std::string& word : words_of(text_.name)) {
      const auto effect = effect_of_verb(word);
      if (!effect) continue;
      if (first == Effect::read && !only_a_verb(word)) continue;
      if (!first) first = effect;
      if (*effect == Effect::read && first != Effect::read) continue;
      if (!effects_.has(*effect))
        add(*effect, fmt::format("\"{}\" in its name: {}", word, effect_name(*effect)));
    }
  }

  void by_arguments() {
    for (const json::Member& property : properties_.members()) {
      if (role_of_name(words_of(property.key)) != ArgRole::command || effects_.has(Effect::execute)) continue;
      for (const Effect effect : {Effect::write, Effect::send, Effect::delete_}) effects_.add(effect);
      add(Effect::execute, fmt::format("its argument {} may run anything", shown(property.key, kNameShown)));
    }
  }

  // A server's word counts against it, never for it.
  void by_annotations() {
    const json::Value said = entry_["annotations"];
    if (said["destructiveHint"].boolean().value_or(false) && !effects_.has(Effect::delete_)) {
      effects_.add(Effect::write);
      add(Effect::delete_, "the server says that it destroys (destructiveHint)");
    }
    if (said["readOnlyHint"].exists() && !said["readOnlyHint"].boolean().value_or(false) && reads_)
      add(Effect::write, "the server says that it does not only read (readOnlyHint = false)");
    if (said["readOnlyHint"].boolean().value_or(false) && !reads_)
      out_.notes.emplace_back("the server says that it only reads (readOnlyHint): not believed");
  }

  DraftArg guess_arg(const json::Member& property) const {
    DraftArg arg{std::string(property.key), ArgRole::target, ""};
    const auto words = words_of(property.key);
    const auto hinted = role_of_name(words);
    if (reads_) {
      constexpr std::array<std::string_view, 6> kAlways = {"to",        "cc",         "bcc",
                                                           "recipient", "recipients", "webhook"};
      const bool recipient = std::any_of(words.begin(), words.end(), [&](const std::string& word) {
        return std::find(kAlways.begin(), kAlways.end(), word) != kAlways.end();
      });
      arg.role = recipient ? ArgRole::recipient : ArgRole::selector;
      arg.reason = recipient ? "its name says that somebody gets something" : "";
    } else if (hinted && (*hinted != ArgRole::amount || effects_.has(Effect::pay))) {
      arg.role = *hinted;
      arg.reason = "by its name";
    } else if (names_content(words) && is_text(property.value) && may_have_content()) {
      arg.role = ArgRole::content;
      arg.reason = "by its name: payload that decides nothing";
    } else {
      arg.reason = "not known: what it decides is taken to be what is changed";
    }
    return arg;
  }

  bool may_have_content() const {
    return !effects_.has(Effect::delete_) && !effects_.has(Effect::execute) && !effects_.has(Effect::pay);
  }

  // Free text: one of a few words decides something.
  static bool is_text(json::Value schema) {
    const bool list = schema["type"].string_or("") == "array";
    const json::Value type = list ? schema["items"]["type"] : schema["type"];
    return type.string_or("") == "string" && !schema["enum"].exists() && !schema["items"]["enum"].exists() &&
           !schema["const"].exists();
  }

  const ToolText& text_;
  json::Value entry_, properties_;
  DraftTool out_;
  Effects effects_;
  bool reads_ = false;
};

std::string list_of(const std::vector<std::string_view>& names) {
  std::string out;
  for (const std::string_view name : names) out += (out.empty() ? "" : ", ") + toml::quoted(name);
  return "[" + out + "]";
}

// How a manifest names an argument: one that looks like a pointer, or has no name, by a pointer to it.
std::string argument_key(const std::string& name) {
  const bool plain = !name.empty() && name.front() != '/';
  return toml::quoted_key(plain ? name : "/" + json::pointer_token(name));
}

std::string names_of(const std::vector<std::string>& server_names) {
  const std::vector<std::string_view> names(server_names.begin(), server_names.end());
  return names.size() == 1 ? toml::quoted(names.front()) : list_of(names);
}

// As Manifests::add() wants a name.
bool can_be_named(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c != 0x7F; });
}

std::string tool_toml(const DraftTool& tool) {
  if (!can_be_named(tool.name))
    return fmt::format("\n# No manifest can speak of the tool {}: it is taken at its worst.\n",
                       toml::quoted(shown(tool.name, kNameShown)));
  const std::string key = toml::quoted_key(tool.name);
  std::string out = fmt::format("\n[tools.{}]\n", key);
  if (!tool.says.empty()) out += fmt::format("# The server says: {}\n", tool.says);
  for (const std::string& note : tool.notes) out += fmt::format("# Look twice: {}\n", shown(note, 300));
  out += "description = \"\"\n";
  for (const std::string& reason : tool.reasons) out += fmt::format("# {}\n", shown(reason, 300));
  out += fmt::format("effects = {}\n", list_of(tool.effects.names()));
  if (tool.remote)
    out += "remote = true  # what it looks up is told to someone else's server; false if it is your own\n";
  if (!tool.args.empty()) out += fmt::format("[tools.{}.args]\n", key);
  for (const DraftArg& arg : tool.args) {
    out += fmt::format("{} = {}{}\n", argument_key(arg.name), toml::quoted(role_name(arg.role)),
                       arg.reason.empty() ? "" : "  # " + arg.reason);
  }
  out += fmt::format("[tools.{}.result]\nintegrity = \"untrusted\"\n", key);
  return out;
}

}  // namespace

Result<DraftTool> draft_tool(json::Value entry) {
  WEIR_TRY_ASSIGN(text, read_tool_text(entry));
  return Drafter(text, entry).draft();
}

std::string draft_toml(const std::vector<std::string>& server_names, std::string_view from,
                       const std::vector<DraftTool>& tools) {
  std::string out = fmt::format(
      "# A draft by weir, from the tools/list of {}.\n"
      "# Everything below was guessed from what the server says of itself, and none of that is believed: "
      "read\n"
      "# each tool, write its description in your own words, and correct effects, roles and results\n"
      "# (docs/manifests.md). What is left as it is errs to the worse side.\n"
      "server = {}\n",
      shown(from, 300), names_of(server_names));
  for (const DraftTool& tool : tools) out += tool_toml(tool);
  return out;
}

std::string draft_json(const std::vector<std::string>& server_names, const std::vector<DraftTool>& tools) {
  json::Writer writer;
  const auto list = [&](std::string_view key, const auto& texts) {
    writer.key(key).begin_array();
    for (const auto& text : texts) writer.string(text);
    writer.end_array();
  };
  writer.begin_object();
  list("server", server_names);
  writer.key("tools").begin_array();
  for (const DraftTool& tool : tools) {
    writer.begin_object().field("name", tool.name);
    list("effects", tool.effects.names());
    writer.key("remote").boolean(tool.remote).key("args").begin_array();
    for (const DraftArg& arg : tool.args)
      writer.begin_object()
          .field("name", arg.name)
          .field("role", role_name(arg.role))
          .field("why", arg.reason)
          .end_object();
    writer.end_array();
    list("why", tool.reasons);
    list("notes", tool.notes);
    writer.end_object();
  }
  return writer.end_array().end_object().take();
}

}  // namespace weir::manifest
