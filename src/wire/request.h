// What the request parsers of all dialects share. For the files of this folder.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "wire/dialect.h"
#include "wire/splice.h"

namespace weir::wire {

Result<ParsedRequest> parse_chat_completions(json::Document document, const Options& options);
Result<ParsedRequest> parse_messages(json::Document document, const Options& options);
Result<ParsedRequest> parse_responses(json::Document document, const Options& options);
Result<ParsedRequest> parse_ollama(json::Document document, const Options& options);
Result<ParsedRequest> parse_gemini(json::Document document, const Options& options);

// A parameter that weir does not know passes unless something in it has a name under which content or calls
// travel: then nobody can say what it would let through.
bool may_carry_content(json::Value value);

// Checks the top level: `known` pass, `hosted` are refused or named in `cut`, those that keep history
// elsewhere are refused, others pass by may_carry_content().
Status check_parameters(json::Value root, std::span<const std::string_view> known,
                        std::initializer_list<std::string_view> hosted, const Options& options,
                        std::vector<std::string>& cut);
// Cuts what was stripped: members by name, tools by place.
void cut_from_request(json::Value root, const std::vector<bool>& strip, std::vector<std::string> cut,
                      Splices& cuts);

// All that is text in a value: titles, texts and addresses wherever they stand; not the bytes of pictures and
// files, and not what is encrypted or signed.
std::string text_in(json::Value value);
// What a model may be shown of a tool beside its description and its schema, raw; empty for the known
// settings.
std::string more_of_tool(json::Value tool, std::initializer_list<std::string_view> known);

Error hosted_tool(std::string_view what, std::string where);
Error unknown_item(std::string_view what, std::string_view type, std::string where);

// The string member `key`, or an error that names it.
Result<std::string> required_string(json::Value object, std::string_view key, const std::string& where);

}  // namespace weir::wire
