// Writing a request again with changes; what nobody changed stays byte for byte.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "wire/gemini.h"
#include "wire/items.h"
#include "wire/request.h"

namespace weir::wire {
namespace {

using Place = PartPlace::Kind;

std::string text_block(std::string_view quoted, json::Value old = {}, std::string_view type = "text") {
  json::Writer writer;
  writer.begin_object().field("type", type).key("text").raw(quoted);
  for (const std::string_view key : {"cache_control", "prompt_cache_breakpoint"}) {
    if (old[key].exists()) writer.key(key).raw(old[key].raw());
  }
  return writer.end_object().take();
}

bool blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

size_t end_of(json::Value value) {
  return value.offset() + value.raw().size();
}

void write_gemini(const PartPlace& place, const std::string& text, Splices& splices) {
  const json::Value value = place.value;
  const auto put = [&](std::string_view key, const std::string& raw) {
    if (const json::Value old = value[key]; old.exists()) {
      splices.replace(old, raw);
    } else {
      splices.insert(end_of(value) - 1, fmt::format("{}\"{}\":{}", value.size() > 0 ? "," : "", key, raw));
    }
  };
  if (place.kind == Place::args) {
    const auto document = json::parse(text);
    return put("args", document && document->root().is_object() ? text : "{}");
  }
  if (place.kind == Place::signature) {
    // Models that want a signature take this in the place of one.
    const json::Value old = gemini_member(value, "thoughtSignature");
    return splices.replace(old, json::quote(kNoSignature));
  }
  if (value["parts"].exists()) splices.replace(value["parts"], "[]");
  put("response", "{\"output\":" + json::quote(text) + "}");
}

// What becomes of one message.
class MessageWriter {
 public:
  MessageWriter(json::Value content, Splices& splices) : content_(content), splices_(splices) {
    if (content.is_string()) string_ = content.raw();
    blank_ = blank(content.string_or(""));
  }

  // Before any edit(): of two changes that begin at one place the first holds.
  void prepend(std::string_view raw) {
    if (content_.is_array() && content_.size() > 0) {
      splices_.insert(content_.offset() + 1, std::string(raw) + ",");
    } else {
      before_ += (before_.empty() ? "" : ",") + std::string(raw);
    }
  }

  void edit(const PartPlace& place, const std::string& text) {
    const json::Value value = place.value;
    switch (place.kind) {
      case Place::fixed:
        return;
      case Place::string:
        // The content itself may become a list too.
        if (content_.is_string() && value.offset() == content_.offset()) {
          string_ = json::quote(text);
          blank_ = blank(text);
        } else {
          splices_.replace(value, json::quote(text));
        }
        return;
      case Place::arguments: {
        const auto document = json::parse(text);
        splices_.replace(value, document && document->root().is_object() ? text : "{}");
        return;
      }
      case Place::result:
        // Whether the tool failed is content too.
        splices_.remove_members(value,
                                [](std::string_view key) { return key == "is_error" || key == "images"; });
        if (value["content"].exists()) {
          splices_.replace(value["content"], json::quote(text));
        } else {
          splices_.insert(end_of(value) - 1, ",\"content\":" + json::quote(text));
        }
        return;
      case Place::block:
        splices_.replace(value, text_block(json::quote(text), value));
        return;
      case Place::citations:
        splices_.remove_members(value, [](std::string_view key) { return key == "citations"; });
        splices_.insert(end_of(value), "," + text_block(json::quote(text)));
        return;
      case Place::audio:
        splices_.replace(value["audio"], "null");
        behind_ += (behind_.empty() ? "" : ",") + text_block(json::quote(text));
        message_ = value;
        return;
      case Place::input:
        splices_.replace(value, text_block(json::quote(text), value, "input_text"));
        return;
      case Place::annotations:
        splices_.replace(value["annotations"], "[]");
        splices_.insert(end_of(value),
                        R"(,{"type":"output_text","annotations":[],"text":)" + json::quote(text) + "}");
        return;
      case Place::item:
        splices_.replace(value, message_item("assistant", text));
        return;
      case Place::item_arguments:
        return write_arguments(value, text, splices_);
      case Place::item_result:
        return write_result(value, text, splices_);
      case Place::images:
        splices_.replace(value["images"], "[]");
        if (!value["role"].exists()) return;  // beside a prompt
        added_ += (added_.empty() ? "" : "\n\n") + text;
        message_ = value;
        return;
      case Place::part:
        splices_.replace(value, "{\"text\":" + json::quote(text) + "}");
        return;
      case Place::args:
      case Place::response:
      case Place::signature:
        return write_gemini(place, text, splices_);
    }
  }

  // The content as far as it changes as a whole.
  void finish() {
    if (!added_.empty()) return finish_text();
    if (before_.empty() && behind_.empty()) {
      if (content_.is_string() && string_ != content_.raw()) splices_.replace(content_, string_);
      return;
    }
    std::string list = before_;
    const auto add = [&list](std::string_view raw) {
      if (raw.empty()) return;
      list += (list.empty() ? "" : ",") + std::string(raw);
    };
    // The API refuses a text block without text.
    if (content_.is_string() && !blank_) add(text_block(string_));
    add(behind_);
    if (content_.is_array()) {
      splices_.insert(end_of(content_) - 1, (content_.size() > 0 ? "," : "") + list);
      return;
    }
    list = "[" + list + "]";
    if (content_.exists()) {
      splices_.replace(content_, list);
    } else if (message_.exists()) {
      splices_.insert(end_of(message_) - 1, ",\"content\":" + list);
    }
  }

 private:
  // Text in the place of pictures, behind the message's own.
  void finish_text() {
    const auto own = json::parse(string_.empty() ? "\"\"" : string_);
    const std::string_view said = own ? own->root().string_or("") : std::string_view();
    const std::string all = json::quote(fmt::format("{}{}{}", said, said.empty() ? "" : "\n\n", added_));
    if (content_.exists()) {
      splices_.replace(content_, all);
    } else {
      splices_.insert(end_of(message_) - 1, fmt::format(",\"content\":{}", all));
    }
  }

  const json::Value content_;
  Splices& splices_;
  std::string string_;  // of a content that is a string: what it becomes, raw
  bool blank_ = false;
  std::string before_;  // raw blocks in front of the content, comma separated
  std::string behind_;  // and behind it
  json::Value message_;
  std::string added_;  // in the place of pictures
};

std::string tool_json(exchange::Dialect dialect, const exchange::Tool& tool) {
  json::Writer writer;
  writer.begin_object();
  const auto described = [&](std::string_view schema) {
    writer.field("name", tool.name);
    if (!tool.description.empty()) writer.field("description", tool.description);
    if (!tool.schema.empty()) writer.key(schema).raw(tool.schema);
  };
  if (dialect == exchange::Dialect::gemini) {
    described("parametersJsonSchema");
    return writer.end_object().take();
  }
  if (dialect == exchange::Dialect::messages) {
    described("input_schema");
    if (tool.schema.empty()) writer.key("input_schema").raw(R"({"type":"object"})");
    return writer.end_object().take();
  }
  const bool custom = tool.kind == exchange::ToolKind::custom;
  const std::string_view type = custom ? "custom" : "function";
  if (dialect == exchange::Dialect::responses) {
    writer.field("type", type);
    described(custom ? "format" : "parameters");
    if (!custom && tool.schema.empty()) writer.key("parameters").raw(R"({"type":"object"})");
    if (!custom) writer.key("strict").boolean(false);
    return writer.end_object().take();
  }
  writer.field("type", type).key(type).begin_object();
  described(custom ? "format" : "parameters");
  return writer.end_object().end_object().take();
}

void add_tools(const ParsedRequest& request, const std::vector<exchange::Tool>& tools, Splices& splices) {
  if (tools.empty()) return;
  std::string all;
  for (const exchange::Tool& tool : tools)
    all += (all.empty() ? "" : ",") + tool_json(request.request.dialect, tool);
  if (request.request.dialect == exchange::Dialect::gemini) all = "{\"functionDeclarations\":[" + all + "]}";
  const json::Value root = request.document.root();
  const json::Value list = gemini_member(root, "tools");
  // Where all of the client's are cut, the member goes with them.
  const bool gone = std::any_of(request.cuts.begin(), request.cuts.end(), [&](const auto& cut) {
    return cut.first <= list.offset() && end_of(list) <= cut.second;
  });
  if (list.is_array() && !gone) {
    splices.insert(end_of(list) - 1, (list.size() > 0 ? "," : "") + all);
  } else if (list.exists() && !gone) {
    splices.replace(list, "[" + all + "]");
  } else {
    splices.insert(end_of(root) - 1, ",\"tools\":[" + all + "]");
  }
}

}  // namespace

std::string ParsedRequest::write(const Changes& changes) const {
  if (changes.edits.empty() && changes.parts.empty() && changes.tools.empty() && cuts.empty())
    return std::string(document.text());
  const bool items = request.dialect == exchange::Dialect::responses;
  const bool gemini = request.dialect == exchange::Dialect::gemini;
  const std::string_view list = items ? "input" : gemini ? "contents" : "messages";
  std::vector<json::Value> messages;
  if (!changes.edits.empty() || !changes.parts.empty()) {
    for (const json::Value message : document[list].elements()) messages.push_back(message);
  }
  const auto message_at = [&](size_t index) {
    const size_t place = index < wire_index.size() ? wire_index[index] : std::string::npos;
    return place < messages.size() ? messages[place] : json::Value();
  };
  const auto end_of_message = [&](size_t index) {
    if (!items && !gemini) return end_of(message_at(index));
    const size_t next = index + 1 < wire_index.size() ? wire_index[index + 1] : messages.size();
    return end_of(messages[next - 1]);
  };
  Splices splices;
  for (const auto& [begin, end] : cuts) splices.replace(begin, end, "");
  // Edits come first: where two begin at one place the first applies, and a replaced message has no parts.
  std::map<size_t, MessageWriter> writers;
  const auto writer_of = [&](size_t index) -> MessageWriter& {
    // Items are changed one by one.
    const json::Value message = items ? json::Value() : message_at(index);
    const json::Value content = items              ? json::Value()
                                : gemini           ? message["parts"]
                                : message.exists() ? message["content"]
                                                   : document["system"];
    return writers.try_emplace(index, content, splices).first->second;
  };
  for (const Edit& edit : changes.edits) {
    const json::Value message = message_at(edit.message);
    if (!message.exists()) continue;
    switch (edit.kind) {
      case Edit::Kind::replace:
        splices.replace(message.offset(), end_of_message(edit.message), edit.raw);
        break;
      case Edit::Kind::insert_after:
        splices.insert(end_of_message(edit.message), "," + edit.raw);
        break;
      case Edit::Kind::prepend_blocks:
        if (!items) writer_of(edit.message).prepend(edit.raw);
        break;
    }
  }
  std::map<std::pair<size_t, size_t>, const std::string*> texts;
  for (const PartEdit& edit : changes.parts) {
    if (edit.message < places.size() && edit.part < places[edit.message].size())
      texts[{edit.message, edit.part}] = &edit.text;
  }
  for (const auto& [at, text] : texts) writer_of(at.first).edit(places[at.first][at.second], *text);
  for (auto& [index, writer] : writers) writer.finish();
  add_tools(*this, changes.tools, splices);
  return splices.apply(document.text());
}

}  // namespace weir::wire
