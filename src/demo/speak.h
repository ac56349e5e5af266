// A turn in the words of a model API, whole or as a stream of server-sent events. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "demo/history.h"
#include "demo/mind.h"

namespace weir::demo {

std::string chat_completion(const History& history, const Turn& turn);
std::string chat_completion_stream(const History& history, const Turn& turn, size_t fragment_bytes);
std::string message(const History& history, const Turn& turn);
std::string message_stream(const History& history, const Turn& turn, size_t fragment_bytes);

// The error shape of either API.
std::string chat_completions_error(std::string_view text);
std::string messages_error(std::string_view text);

}  // namespace weir::demo
