#include "wire/reply.h"

#include <cassert>

#include "wire/chat_turn.h"
#include "wire/frames.h"
#include "wire/message_turn.h"
#include "wire/ollama.h"
#include "wire/response_turn.h"

namespace weir::wire {

std::string FilteredText::feed(std::string_view piece) {
  if (!*filters_ || piece.empty()) return std::string(piece);
  if (!filter_) filter_ = (*filters_)();
  assert(filter_ != nullptr);
  return filter_->feed(piece);
}

std::string FilteredText::end() {
  const std::unique_ptr<TextFilter> ended = std::move(filter_);
  return ended ? ended->end() : std::string();
}

Result<Verdict> settled(const Verdict& verdict, const exchange::Call& call) {
  Verdict out{verdict.allow, verdict.why, {}, verdict.answered && !verdict.allow};
  if (!verdict.allow || !verdict.arguments || *verdict.arguments == call.arguments) return out;
  if (call.is_json) {
    const auto document = json::parse(*verdict.arguments);
    if (!document || !document->root().is_object())
      return Error{Code::internal, "the arguments that the client was to get are no JSON object"};
  }
  out.arguments = verdict.arguments;
  return out;
}

std::unique_ptr<Reply> make_reply(const ParsedRequest& request, std::string upstream_body,
                                  const Options& options) {
  const bool stream = request.request.stream;
  const auto make_frames = [&](std::unique_ptr<const FrameDialect> dialect) {
    return stream ? make_frame_stream(std::move(dialect), std::move(upstream_body), options)
                  : make_frame_whole(std::move(dialect), std::move(upstream_body), options);
  };
  switch (request.request.dialect) {
    case exchange::Dialect::chat_completions:
      break;
    case exchange::Dialect::ollama:
      return make_frames(ollama_frames(options.path.starts_with(kOllamaGenerate)));
    case exchange::Dialect::gemini:
      return make_frames(gemini_frames());
    case exchange::Dialect::messages:
      return stream ? make_message_stream(std::move(upstream_body), options)
                    : make_message_whole(std::move(upstream_body), options);
    case exchange::Dialect::responses:
      return stream ? make_response_stream(std::move(upstream_body), options)
                    : make_response_whole(std::move(upstream_body), options);
  }
  return stream ? make_chat_stream(std::move(upstream_body), request.request.choices, options)
                : make_chat_whole(std::move(upstream_body), request.request.choices, options);
}

}  // namespace weir::wire
