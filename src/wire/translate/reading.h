// What readers of several APIs share: members that their APIs write alike. For this folder.
#pragma once

#include <span>

#include "wire/translate/prompt.h"

namespace weir::wire::translate {

using MediaOf = Result<Content> (*)(json::Value block, const std::string& where);

// PartReader::media of an API whose blocks are one picture or file each.
template <MediaOf kMediaOf>
Status one_media(json::Value block, const std::string& where, Prompt& /*prompt*/, std::vector<Content>& out) {
  WEIR_TRY_ASSIGN(content, kMediaOf(block, where));
  out.push_back(std::move(content));
  return {};
}

// A type of part that is text, and the member that holds it.
struct TextPart {
  std::string_view type;
  std::string_view member;
};

// The content of a result: a text, or parts of which those in `texts` are text and all others media.
Status read_returned(json::Value content, std::span<const TextPart> texts, MediaOf media_of,
                     const std::string& where, Returned& result);

// Numbers that tune the planner, and "stop".
void read_sampling(json::Value from, Settings& settings);

// "tool_choice" of OpenAI's APIs; what names a tool stands in `named`.
Status read_choice(json::Value choice, json::Value named, Settings& settings);

// The format of an answer there; what describes a schema stands in `described`.
void read_format(json::Value format, json::Value described, Settings& settings);

// Gives calls that share an id, and their results, one each: other APIs tie them together by ids that stand
// once in a conversation, and a client without any has the tools' names for them in each turn anew.
void tell_apart(Prompt& prompt);

}  // namespace weir::wire::translate
